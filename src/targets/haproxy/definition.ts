import { createHash } from 'node:crypto';
import { parseImageReference } from '../../core/image-name.js';
import type { HostDocument, HostService } from './host-document.js';

/** Labels by which a later run knows a container again. */
export const label = {
  /** `<backend>/<service>`. */
  service: 'io.slipway.haproxy.service',
  /** What the container was made from: containers with the same one may stand in for each other. */
  definition: 'io.slipway.haproxy.definition',
  /** Port on the host's address. */
  port: 'io.slipway.haproxy.port',
  address: 'io.slipway.haproxy.address',
  /** As the template names it, `repository:tag@digest`. */
  image: 'io.slipway.haproxy.image',
} as const;

/** All that makes a container but its name and its port on the host. */
export interface Definition {
  /** Names the definition: two templates that would make the same container have the same one. */
  readonly id: string;
  readonly image: string;
  /** 12 hex digits of the image's digest, or of its name where it has none. */
  readonly digest12: string;
  readonly port: number;
  readonly address: string;
  /** Engine API `POST /containers/create`. */
  readonly body: ContainerBody;
}

interface ContainerBody {
  readonly [key: string]: unknown;
  readonly Env: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly HostConfig: Readonly<Record<string, unknown>>;
}

/** Seconds that a container has to end in: more than what the drain left it with. */
export function stopGraceOf(service: HostService): number {
  return Math.ceil(service.stop_grace_period ?? service.drain + 10);
}

export function identityOf(service: HostService): string {
  return `${service.backend}/${service.id}`;
}

/** The container that a service wants. */
export function defineContainer(host: HostDocument, service: HostService): Definition {
  const { image, port } = service;
  const { address } = host.haproxy;
  const [network] = service.networks;
  const body: ContainerBody = {
    Image: image,
    Cmd: service.command,
    Entrypoint: service.entrypoint,
    User: service.user,
    WorkingDir: service.working_dir,
    StopSignal: service.stop_signal,
    StopTimeout: stopGraceOf(service),
    Env: Object.entries(service.environment).map(([key, value]) => `${key}=${value}`),
    Labels: { ...service.labels, [label.service]: identityOf(service), [label.image]: image },
    ExposedPorts: { [`${port}/tcp`]: {} },
    HostConfig: {
      // It comes back after a crash and with the host; once it is stopped it stays stopped.
      RestartPolicy: { Name: 'unless-stopped' },
      Binds: service.volumes,
      Tmpfs: Object.fromEntries(service.tmpfs.map((target) => [target, ''])),
      Memory: service.mem_limit,
      NanoCpus: service.cpus === undefined ? undefined : Math.round(service.cpus * 1e9),
      Init: service.init,
      ReadonlyRootfs: service.read_only,
      CapAdd: service.cap_add,
      CapDrop: service.cap_drop,
      ExtraHosts: service.extra_hosts,
      NetworkMode: network,
    },
  };
  const text = JSON.stringify([body, port, address, service.networks]);
  const digest = parseImageReference(image).digest?.slice('sha256:'.length) ?? hash(image);
  return { id: hash(text).slice(0, 16), image, digest12: digest.slice(0, 12), port, address, body };
}

/**
 * The body with a port on the host. The container learns where it is reached: `SLIPWAY_HOST_IP`, and `SLIPWAY_PORT_<port in the
 * container>` for services that register their own address.
 */
export function placeDefinition(definition: Definition, hostPort: number): object {
  const { body, port, address } = definition;
  return {
    ...body,
    Env: [...body.Env, `SLIPWAY_HOST_IP=${address}`, `SLIPWAY_PORT_${port}=${hostPort}`],
    Labels: {
      ...body.Labels,
      [label.definition]: definition.id,
      [label.port]: String(hostPort),
      [label.address]: address,
    },
    HostConfig: {
      ...body.HostConfig,
      PortBindings: { [`${port}/tcp`]: [{ HostIp: address, HostPort: String(hostPort) }] },
    },
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
