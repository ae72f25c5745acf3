import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type Docker from 'dockerode';
import { withDeadline } from '../../core/deadline.js';
import { describeError, errorCode, Failure } from '../../core/failure.js';
import { type Endpoint, findEndpoint } from './endpoint.js';
import type { DockerEngineOptions } from './options.js';
import { sshAgent } from './ssh-agent.js';

/** An engine that answered. */
export interface Connection {
  readonly docker: Docker;
  readonly endpoint: Endpoint;
  /** e.g. `Docker 20.10.24`. */
  readonly product: string;
  /** Podman answers the same API without BuildKit. */
  readonly buildKit: boolean;
}

/** Longest time until an engine says what it is, in milliseconds: one that hangs takes a connection and never answers. */
const patience = 30_000;

/** Throws `build.engine-unreachable`; a signal ends the wait. */
export async function connect(options: DockerEngineOptions, signal?: AbortSignal): Promise<Connection> {
  const endpoint = await findEndpoint(options);
  const docker = await openClient(endpoint, options.environment);
  try {
    const version = await withDeadline(patience, signal, (abortSignal) => askVersion(docker, abortSignal));
    const components = (version.Components ?? []).map((component) => component.Name);
    const podman = components.some((name) => name.startsWith('Podman'));
    return { docker, endpoint, product: `${podman ? 'Podman' : 'Docker'} ${version.Version}`, buildKit: !podman };
  } catch (error) {
    throw unreachable(endpoint, error);
  }
}

/** Its types leave out that `version` takes options. */
function askVersion(docker: Docker, abortSignal: AbortSignal): Promise<Docker.DockerVersion> {
  const ask = docker.version as (options: { readonly abortSignal: AbortSignal }) => Promise<Docker.DockerVersion>;
  return ask.call(docker, { abortSignal });
}

async function openClient(endpoint: Endpoint, environment: DockerEngineOptions['environment']): Promise<Docker> {
  const { default: DockerClient } = await import('dockerode');
  // docker-modem fills whatever is not given from process.env, so that every field has to be given.
  const none = {
    host: undefined,
    port: undefined,
    socketPath: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
  };
  const options = { ...none, ...clientOptions(endpoint, environment) };
  return new DockerClient(options as Docker.DockerOptions);
}

function clientOptions(endpoint: Endpoint, environment: DockerEngineOptions['environment']) {
  // Without keep-alive no request can meet a connection that the engine is just closing.
  switch (endpoint.kind) {
    case 'unix':
      return { socketPath: endpoint.socketPath, protocol: 'http', agent: new HttpAgent({ keepAlive: false }) };
    case 'ssh':
      return { host: 'engine', port: 80, protocol: 'http', agent: sshAgent(endpoint, environment) };
    case 'tcp': {
      const { host, port, tls } = endpoint;
      if (!tls) return { host, port, protocol: 'http', agent: new HttpAgent({ keepAlive: false }) };
      const { verify, ...certificates } = tls;
      const agent = new HttpsAgent({ keepAlive: false, rejectUnauthorized: verify, ...certificates });
      return { host, port, protocol: 'https', agent };
    }
  }
}

function unreachable(endpoint: Endpoint, cause: unknown): Failure {
  const remedy =
    errorCode(cause) === 'EACCES'
      ? 'Let this user use the engine: add it to the group of the socket, or set DOCKER_HOST.'
      : 'Start the Docker engine, or point DOCKER_HOST or a Docker context at one that runs.';
  const message = `No Docker engine answers at ${endpoint.url}: ${describeError(cause)}`;
  return new Failure('build.engine-unreachable', { message, where: endpoint.url, remedy, cause });
}
