import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import type { RolloutJob } from '../../src/core/target.js';
import { engineStateDirectory, testRegistry } from './engine-state.js';
import { pushImage } from './swarm-scratch.js';

/** A real HAProxy of a test's own, in front of one backend that Slipway rolls out to. All of it goes with `remove`. */
export interface HaproxyHost {
  readonly docker: Docker;
  readonly directory: string;
  /** Name of the backend and of the service: nobody else's. */
  readonly service: string;
  /** `http://127.0.0.1:PORT` of the frontend. */
  readonly url: string;
  readonly config: () => string;
  /** A command of the Runtime API. */
  ask(command: string): Promise<string>;
  /** The host's template. */
  template(image: string, more?: string): string;
  /** SIGUSR2: the master starts a new worker from the file. */
  reload(): Promise<void>;
  /** Failures that HAProxy itself counted in the backend. */
  errors(): Promise<Readonly<Record<string, number>>>;
  /** What `docker ps -a` shows of the service: name and state. */
  containers(): readonly { readonly name: string; readonly running: boolean; readonly image: string }[];
  /** Remove the service's containers, and put the configuration and HAProxy back to how they began. */
  reset(): Promise<void>;
  remove(): Promise<void>;
}

export interface HaproxyHostOptions {
  /** The program; default: the one that Debian installs. */
  readonly program?: string;
  /** Slots to declare; none: HAProxy must be able to add servers. */
  readonly slots?: number;
}

/** The versions of HAProxy that tests are run with: Debian's own, and where all is to be tested the newer one too. */
export function haproxyPrograms(): readonly {
  readonly program: string;
  readonly version: string;
  readonly slots: boolean;
}[] {
  const own = { program: 'haproxy', version: '2.6', slots: true };
  if (process.env.SLIPWAY_FIXTURES !== 'all') return [own];
  return [own, { program: join(engineStateDirectory(), 'haproxy-3', 'haproxy'), version: '3', slots: false }];
}

/** What a rollout of this image is given. */
export function haproxyJob(host: HaproxyHost, image: string, more = '', timeoutSeconds = 60): RolloutJob {
  const template = host.template(image, more);
  const plan = {
    environment: 'test',
    target: 'haproxy',
    source: { in: 'project' },
    template: 'host.yml',
    service: host.service,
    currentImage: 'x:1',
    options: {},
    timeoutSeconds,
  } as const;
  return { plan, template, image };
}

/** Addresses of the servers that take requests, as the running HAProxy has them. */
export async function readyServers(host: HaproxyHost): Promise<readonly string[]> {
  const [, header = '', ...rows] = (await host.ask(`show servers state ${host.service}`)).split('\n');
  const names = header.replace(/^# /, '').split(' ');
  return rows
    .map((row) => Object.fromEntries(row.split(' ').map((value, index) => [names[index], value])))
    .filter((row) => row.srv_op_state === '2' && (Number(row.srv_admin_state) & ~4) === 0)
    .map((row) => `${row.srv_name} ${row.srv_addr}:${row.srv_port}`)
    .sort();
}

/** Images of a small server, each pushed to the registry once. */
export interface ServerImages {
  /** One that answers with this version; `behaviour` is JavaScript that runs before it listens. Returns `repository:tag@digest`. */
  image(version: string, behaviour?: string): Promise<string>;
  remove(): Promise<void>;
}

export function openServerImages(): ServerImages {
  const docker = new Docker({ socketPath: '/var/run/docker.sock' });
  const repository = `${testRegistry()}/hap-${randomBytes(4).toString('hex')}`;
  const pushed = new Map<string, Promise<string>>();
  return {
    image(version, behaviour = '') {
      const command = ['node', '-e', server(version, behaviour)];
      const image = pushed.get(version) ?? pushImage(docker, repository, version, command, 'node:22-slim');
      pushed.set(version, image);
      return image;
    },
    async remove() {
      await Promise.allSettled(pushed.values());
      const images = await docker.listImages({ filters: { reference: [repository] } });
      await Promise.allSettled(images.map((each) => docker.getImage(each.Id).remove({ force: true })));
    },
  };
}

/** Ends what it works on when it is told to stop, and answers `/slow` after a second. */
const server = (version: string, behaviour: string): string => `
const http = require('http');
let requests = 0;
const server = http.createServer((q, s) => {
  requests += 1;
  if (q.url === '/slow') setTimeout(() => s.end(${JSON.stringify(version)}), 1000);
  else if (q.url === '/env') s.end(JSON.stringify({ ip: process.env.SLIPWAY_HOST_IP, port: process.env.SLIPWAY_PORT_8080 }));
  else s.end(${JSON.stringify(version)});
});
server.keepAliveTimeout = 65000;
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
${behaviour}
server.listen(8080);
`;

export async function openHaproxyHost(name: string, options: HaproxyHostOptions = {}): Promise<HaproxyHost> {
  const docker = new Docker({ socketPath: '/var/run/docker.sock' });
  const directory = mkdtempSync(join(tmpdir(), 'slipway-haproxy-'));
  const service = `hap-${name}-${randomBytes(4).toString('hex')}`;
  const program = options.program ?? 'haproxy';
  const [socket, config, port] = [join(directory, 'admin.sock'), join(directory, 'haproxy.cfg'), await freePort()];
  const first = configText(socket, port, service, options.slots ?? 0);
  let master = await start();

  async function start(): Promise<ChildProcess> {
    writeFileSync(config, first);
    const child = spawn(program, ['-W', '-f', config], { stdio: ['ignore', 'ignore', 'ignore'] });
    for (let left = 100; left > 0; left -= 1) {
      if ((await ask('show info').catch(() => '')) !== '') return child;
      await pause(50);
    }
    throw new Error(`${program} does not answer: ${execFileSync(program, ['-c', '-f', config]).toString()}`);
  }

  function ask(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let text = '';
      const connection = createConnection({ path: socket }, () => connection.write(`${command}\n`));
      connection.on('data', (chunk) => {
        text += chunk;
      });
      connection.on('error', reject);
      connection.on('close', () => resolve(text.trim()));
    });
  }

  async function stop(): Promise<void> {
    const ended = new Promise((settle) => master.once('exit', settle));
    master.kill('SIGTERM');
    await ended;
  }

  async function removeContainers(): Promise<void> {
    const filters = { label: [`io.slipway.haproxy.service=${service}/${service}`] };
    const all = await docker.listContainers({ all: true, filters });
    await Promise.all(all.map((each) => docker.getContainer(each.Id).remove({ force: true })));
  }

  return {
    docker,
    directory,
    service,
    url: `http://127.0.0.1:${port}`,
    config: () => readFileSync(config, 'utf8'),
    ask,
    template: (image, more = '') => `haproxy:
  socket: ${socket}
  config: ${config}
  program: ${program}
services:
  ${service}:
    image: ${image}
    port: 8080
    health: /health
    init: true
    server: check inter 200ms fall 2 rise 2
${more}`,
    async reload() {
      const before = /^Pid: (\d+)/m.exec(await ask('show info'))?.[1];
      master.kill('SIGUSR2');
      for (let left = 100; left > 0; left -= 1) {
        const now = /^Pid: (\d+)/m.exec(await ask('show info').catch(() => ''))?.[1];
        if (now !== undefined && now !== before) return;
        await pause(50);
      }
      throw new Error('HAProxy did not reload');
    },
    async errors() {
      const [header = '', row = ''] = (await ask(`show stat ${service} 2 -1`)).split('\n');
      const names = header.replace(/^# /, '').split(',');
      const values = row.split(',');
      return Object.fromEntries(
        ['econ', 'eresp', 'hrsp_4xx', 'hrsp_5xx'].map((column) => [column, Number(values[names.indexOf(column)])]),
      );
    },
    containers: () =>
      execFileSync(
        'docker',
        [
          'ps',
          '-a',
          '--filter',
          `label=io.slipway.haproxy.service=${service}/${service}`,
          '--format',
          '{{.Names}}\t{{.State}}\t{{.Label "io.slipway.haproxy.image"}}',
        ],
        { encoding: 'utf8' },
      )
        .split('\n')
        .filter(Boolean)
        .map((line) => {
          const [containerName = '', state, image = ''] = line.split('\t');
          return { name: containerName, running: state === 'running', image };
        }),
    async reset() {
      await stop();
      await removeContainers();
      master = await start();
    },
    async remove() {
      await stop();
      await removeContainers();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function configText(socket: string, port: number, backend: string, slots: number): string {
  const lines = Array.from(
    { length: slots },
    (_, index) =>
      `    server slot${index + 1} 127.0.0.1:1 check inter 200ms fall 2 rise 2 disabled # slot ${index + 1}`,
  );
  const marked = slots === 0 ? [] : [`    # slipway:begin ${backend}`, ...lines, `    # slipway:end ${backend}`];
  return `# A person's own comment
global
    stats socket ${socket} mode 600 level admin
    hard-stop-after 30s

defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    # A busy machine is slow to answer, and no less well for it.
    timeout check 5s
    option redispatch

frontend in
    bind 127.0.0.1:${port}
    default_backend ${backend}

backend ${backend}
    balance roundrobin
    option httpchk GET /health
${marked.join('\n')}

# What follows is not ours
listen other
    bind unix@${socket}.other
    server own 127.0.0.1:1
`;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((settle) => setTimeout(settle, milliseconds));
}
