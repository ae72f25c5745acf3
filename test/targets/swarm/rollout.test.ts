import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Docker from 'dockerode';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Failure } from '../../../src/core/failure.js';
import type { DeploymentPlan } from '../../../src/core/plan.js';
import { silentProgress } from '../../../src/core/progress.js';
import { createSwarmOrchestrator, type SwarmOptions } from '../../../src/targets/swarm/rollout.js';
import { applyAndWatch } from '../../support/roll-out.js';

const image = `registry.example.com:5000/team/web:1.0.0@sha256:${'1'.repeat(64)}`;
const template = `services: {web: {image: "${image}"}}`;
const plan = {
  environment: 'production',
  target: 'swarm',
  template: 'stack.yml',
  service: 'web',
  options: { stack: 'shop' },
  timeoutSeconds: 30,
} as unknown as DeploymentPlan;

interface Call {
  readonly call: string;
  readonly auth: unknown;
}

/** A stand-in for an engine with one network, which takes any service and runs one task of it at once. */
async function startEngine(answerFirst: (count: number) => number | undefined = () => undefined) {
  const calls: Call[] = [];
  let spec: object | undefined;
  let version = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const path = request.url ?? '';
    const header = request.headers['x-registry-auth'];
    if (request.method === 'POST') {
      const auth =
        header === undefined ? undefined : JSON.parse(Buffer.from(String(header), 'base64url').toString('utf8'));
      calls.push({ call: path, auth });
    }
    const refused = answerFirst(calls.length);
    const [status, answer] =
      refused === undefined ? reply(path, request.method ?? '', body) : [refused, { message: 'not now' }];
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
  });
  function reply(path: string, method: string, body: string): readonly [number, unknown] {
    if (path.startsWith('/networks')) return [200, [{ Id: 'n1', Name: 'shop_default', Scope: 'swarm' }]];
    if (path.startsWith('/tasks')) {
      const task = { ID: `t${version}`, Slot: 1, DesiredState: 'running', Spec: {}, Status: { State: 'running' } };
      return [200, spec === undefined ? [] : [task]];
    }
    if (method === 'POST') {
      spec = JSON.parse(body);
      version++;
      return [201, { ID: 's1' }];
    }
    return spec === undefined
      ? [404, { message: 'none' }]
      : [200, { ID: 's1', Version: { Index: version }, Spec: spec }];
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const docker = new Docker({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, protocol: 'http' });
  return { docker, calls };
}

function clock() {
  let now = 0;
  return {
    now: () => now,
    sleep: async (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

function rollOut(options: SwarmOptions, text = template, reference = image) {
  const orchestrator = createSwarmOrchestrator({ clock: clock(), ...options });
  const context = { progress: silentProgress, signal: new AbortController().signal };
  return applyAndWatch(orchestrator, { plan, template: text, image: reference }, context);
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  return promise.then(
    () => expect.fail('nothing failed'),
    (error: Failure) => error,
  );
}

describe('rolling a service out through an engine stand-in', () => {
  it('hands the registry’s credentials on, and keeps those of the service where there are none', async () => {
    const { docker, calls } = await startEngine();
    const asked: string[] = [];
    const login = { username: 'me', password: 'p?>w' };
    const credentials = async (registry: string) => {
      asked.push(registry);
      return login;
    };
    expect((await rollOut({ docker, credentials })).evidence).toBe('1/1 tasks running for 5 s');
    const next = image.replace('1.0.0', '1.1.0');
    await rollOut({ docker }, template.replace(image, next), next);
    const finished = { base64: Buffer.from('{"identitytoken":"t"}').toString('base64url') };
    await rollOut({ docker: async () => docker, credentials: async () => finished });
    expect(asked).toEqual(['registry.example.com:5000']);
    expect(calls).toEqual([
      { call: '/services/create?', auth: { ...login, serveraddress: 'registry.example.com:5000' } },
      { call: '/services/s1/update?version=1&registryAuthFrom=spec', auth: undefined },
      { call: '/services/s1/update?version=2', auth: { identitytoken: 't' } },
    ]);
  });

  it('goes on when the engine is away for a moment while it waits, and not for ever', async () => {
    let away = 0;
    const flaky = await startEngine((posts) => (posts === 1 && away++ > 2 && away < 9 ? 503 : undefined));
    expect((await rollOut({ docker: flaky.docker })).outcome).toBe('succeeded');
    let gone = 0;
    const dead = await startEngine((posts) => (posts === 1 && gone++ > 2 ? 503 : undefined));
    const failure = await failureOf(rollOut({ docker: dead.docker }));
    expect([failure.code, failure.message]).toEqual(['deploy.orchestrator', 'Swarm cannot be worked with: not now']);
  });

  it('reports an engine that is none as the deployment’s failure', async () => {
    const unreachable = new Failure('build.engine-unreachable', { message: 'No Docker engine answers' });
    const failure = await failureOf(rollOut({ docker: () => Promise.reject(unreachable) }));
    expect([failure.code, failure.cause]).toEqual(['deploy.orchestrator', unreachable]);
    const away = await failureOf(rollOut({ docker: new Docker({ host: '127.0.0.1', port: 9, protocol: 'http' }) }));
    expect(away.code).toBe('deploy.orchestrator');
  });

  it('checks a template without an engine', () => {
    const { check } = createSwarmOrchestrator({ docker: () => Promise.reject(new Error('asked')) });
    check(plan, template);
    check({ ...plan, options: {}, template: 'prod/shop.stack.yml' }, template);
    expect(() => check({ ...plan, options: {}, template: 'my shop.yml' }, template)).toThrow(
      "'my shop' is not the name of a stack",
    );
    expect(() => check({ ...plan, options: { stack: '../x' } }, template)).toThrow('is not the name of a stack');
    expect(() => check(plan, `services: {web: {image: "${image}", secrets: [a]}}`)).toThrow('web.secrets');
  });
});
