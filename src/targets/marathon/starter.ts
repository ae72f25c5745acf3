import type { StarterFacts, TemplateStarter } from '../../core/starter.js';

/** An app of two instances on the bridge network, its port chosen by Marathon (`PORT0` and `HOST` tell the container). */
export const marathonStarter: TemplateStarter = {
  target: 'marathon',
  fileName: (name) => `${name}.json`,
  needs: { url: 'https://marathon.example.com' },
  render,
};

/** An id's parts are of a–z, 0–9, `-` and `.` (Marathon's PathId). */
function render({ name, image, port, health, memory }: StarterFacts): string {
  const app = {
    id: `/${name.replaceAll('_', '-').replace(/-{2,}/g, '-')}`,
    instances: 2,
    cpus: 0.25,
    mem: memory,
    networks: [{ mode: 'container/bridge' }],
    container: {
      type: 'DOCKER',
      docker: { image, forcePullImage: false },
      ...(port !== undefined && {
        portMappings: [{ name: 'http', containerPort: port, hostPort: 0, protocol: 'tcp' }],
      }),
    },
    env: {},
    ...(port !== undefined && { healthChecks: [healthCheck(health)] }),
    upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0.5 },
  };
  return `${JSON.stringify(app, null, 2)}\n`;
}

function healthCheck(path: string | undefined): object {
  const times = { gracePeriodSeconds: 60, intervalSeconds: 10, timeoutSeconds: 5, maxConsecutiveFailures: 3 };
  return path === undefined
    ? { protocol: 'MESOS_TCP', portIndex: 0, ...times }
    : { protocol: 'MESOS_HTTP', path, portIndex: 0, ...times };
}
