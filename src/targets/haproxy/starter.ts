import type { StarterFacts, TemplateStarter } from '../../core/starter.js';
import { slotLines } from './config-document.js';

/** A host's file of one service. */
export const haproxyStarter: TemplateStarter = {
  target: 'haproxy',
  needsPort: true,
  fileName: (name) => `${name}.yml`,
  needs: {},
  render: renderStarter,
};

function renderStarter({ port = 0, memory, ...facts }: StarterFacts): string {
  return renderHostFile({ ...facts, port, memory: `${memory}m` });
}

/** What detection knows of a service. */
export interface HostStarter {
  /** `[a-z0-9._-]+`. */
  readonly name: string;
  /** Repository with any tag. */
  readonly image: string;
  readonly port: number;
  readonly health?: string;
  /** As Compose writes it: `256m`. */
  readonly memory?: string;
}

/** A first template of one host, with what is known and the usual places of HAProxy on Debian. */
export function renderHostFile({ name, image, port, health, memory }: HostStarter): string {
  const known = [
    `    port: ${port}`,
    ...(health === undefined ? [] : [`    health: ${JSON.stringify(health)}`]),
    ...(memory === undefined ? [] : [`    mem_limit: ${memory}`]),
  ];
  return `# One host behind HAProxy, rolled out by Slipway on that host.
haproxy:
  socket: /run/haproxy/admin.sock   # of HAProxy's 'stats socket … level admin'
  config: /etc/haproxy/haproxy.cfg

services:
  ${name}:
    image: ${image}
${known.join('\n')}
    instances: 1
    drain: 30s                      # longest time a container is left with the requests it has
    environment: {}
`;
}

/** What belongs into HAProxy's file before the first rollout: the backend, and for HAProxy before 3.0 its slots. */
export function renderBackend(starter: HostStarter, slots: number): string {
  const { name, health } = starter;
  const names = Array.from({ length: slots }, (_, index) => `${name}${index + 1}`);
  const lines = [
    `backend ${name}`,
    '    balance roundrobin',
    '    option redispatch',
    ...(health === undefined ? [] : [`    option httpchk GET ${health}`]),
    ...(slots === 0 ? [] : slotLines(name, names, 'check inter 1s fall 2 rise 2', '    ')),
  ];
  return `${lines.join('\n')}\n`;
}
