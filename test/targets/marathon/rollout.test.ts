import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/core/failure.js';
import type { DeploymentPlan } from '../../../src/core/plan.js';
import { silentProgress } from '../../../src/core/progress.js';
import { Secret } from '../../../src/core/secret.js';
import type { Clock } from '../../../src/targets/clock.js';
import { type MarathonCredentials, marathonCredentials } from '../../../src/targets/marathon/credentials.js';
import { createMarathonOrchestrator } from '../../../src/targets/marathon/rollout.js';
import { type MarathonStandIn, startMarathonStandIn } from '../../support/marathon-contract-server.js';
import { applyAndWatch } from '../../support/roll-out.js';

const first = `registry.example.com/web:1.0.0@sha256:${'1'.repeat(64)}`;
const second = `registry.example.com/web:1.1.0@sha256:${'2'.repeat(64)}`;
let marathon: MarathonStandIn;
beforeEach(async () => {
  marathon = await startMarathonStandIn();
});
afterEach(() => marathon.close());

/** Every pause is over at once, and counts in full. */
function fastClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: async (milliseconds, signal) => {
      now += milliseconds;
      await setImmediate();
      signal.throwIfAborted();
    },
  };
}

function template(image: string, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ id: 'shop', apps: [{ id: 'web', instances: 2, container: { docker: { image } }, ...more }] });
}

interface Run {
  readonly timeoutSeconds?: number;
  readonly credentials?: MarathonCredentials;
  readonly url?: string;
  readonly signal?: AbortSignal;
}

function rollOut(text: string, image: string, run: Run = {}) {
  const plan: DeploymentPlan = {
    environment: 'production',
    target: 'marathon',
    source: { in: 'project' },
    template: 'web.json',
    service: '/shop/web',
    currentImage: 'x:1',
    options: { url: run.url ?? marathon.url },
    timeoutSeconds: run.timeoutSeconds ?? 60,
  };
  const orchestrator = createMarathonOrchestrator({ clock: fastClock(), credentials: async () => run.credentials });
  const signal = run.signal ?? new AbortController().signal;
  return applyAndWatch(orchestrator, { plan, template: text, image }, { progress: silentProgress, signal });
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  return promise.then(
    () => expect.fail('nothing failed'),
    (error: Failure) => error,
  );
}

const check = { healthChecks: [{ protocol: 'HTTP', path: '/health' }] };

describe('rolling an app out on a Marathon stand-in', () => {
  it('creates the app with its whole definition, and does nothing the second time', async () => {
    const text = template(first, { ...check, version: '2020-01-01T00:00:00.000Z', tasksRunning: 2, env: { A: '1' } });
    const body = { id: '/shop/web', instances: 2, container: { docker: { image: first } }, ...check, env: { A: '1' } };
    expect(await rollOut(text, first)).toEqual({
      outcome: 'succeeded',
      evidence: '2/2 tasks running and healthy for 3 s',
    });
    expect(await rollOut(text, first)).toEqual({
      outcome: 'nothing-to-do',
      evidence: '2/2 tasks running and healthy for 3 s',
    });
    expect(marathon.puts).toEqual([body, body]);
  });

  it('updates the app, and waits for the tasks of the version before to go', async () => {
    await rollOut(template(first), first);
    expect(await rollOut(template(second), second)).toEqual({
      outcome: 'succeeded',
      evidence: '2/2 tasks running for 3 s',
    });
    expect(marathon.apps.get('/shop/web')?.tasks.length).toBe(2);
  });

  it('does not take a deployment that is not listed yet for one that is over', async () => {
    await rollOut(template(first), first);
    marathon.behave({ unlistedSteps: 8, noOffers: true });
    const failure = await failureOf(rollOut(template(second), second, { timeoutSeconds: 20 }));
    expect(failure.code).toBe('deploy.stuck');
  });

  it('waits for a locked app, and never forces it', async () => {
    marathon.behave({ lockedPuts: 3 });
    expect((await rollOut(template(first), first)).outcome).toBe('succeeded');
    expect(marathon.puts.length).toBe(4);
    expect(marathon.calls.some((call) => call.includes('force'))).toBe(false);
  });

  it('gives up on a lock that outlasts the deadline, naming who holds it', async () => {
    marathon.behave({ lockedPuts: 1000 });
    const failure = await failureOf(rollOut(template(first), first, { timeoutSeconds: 5 }));
    expect([failure.code, failure.candidates]).toEqual(['deploy.refused', ['other-deployment']]);
  });

  it('finds its deployment again when the answer was lost, and makes no second one', async () => {
    marathon.behave({ lostPuts: 1 });
    expect((await rollOut(template(first), first)).outcome).toBe('succeeded');
    expect(marathon.puts.length).toBe(1);
  });

  it('goes on after a change of the leader', async () => {
    await rollOut(template(first), first);
    const rollout = rollOut(template(second), second);
    while (marathon.puts.length < 2) await setImmediate();
    marathon.behave({ leaderless: 5 });
    expect((await rollout).outcome).toBe('succeeded');
  });

  it('says that another deployer was faster', async () => {
    marathon.behave({ overtakenBy: { image: 'other:9', afterSteps: 1 } });
    const failure = await failureOf(rollOut(template(first), first));
    expect(failure.code).toBe('deploy.superseded');
    expect(failure.message).toContain('its image other:9');
  });

  it('reports tasks that keep failing', async () => {
    marathon.behave({ failingTasks: true });
    const failure = await failureOf(rollOut(template(first), first));
    expect([failure.code, failure.message]).toEqual([
      'deploy.stuck',
      "The rollout of '/shop/web' failed: its tasks ended 3 times: TASK_FAILED Container exited with status 3",
    ]);
  });

  it('takes a running task without a health result for one that is not known to be healthy', async () => {
    marathon.behave({ silentChecks: true });
    const failure = await failureOf(rollOut(template(first, check), first, { timeoutSeconds: 20 }));
    expect([failure.code, failure.message]).toEqual([
      'deploy.stuck',
      "'/shop/web' had not converged when the time was up (0/2 tasks running and healthy)",
    ]);
  });

  it('explains from the queue why nothing starts', async () => {
    marathon.behave({ noOffers: true });
    const failure = await failureOf(rollOut(template(first), first, { timeoutSeconds: 10 }));
    expect([failure.code, failure.message]).toEqual([
      'deploy.stuck',
      "'/shop/web' had not converged when the time was up (0/2 tasks running, the deployment goes on); offers are declined: InsufficientMemory ×12",
    ]);
  });

  const refusals = [
    {
      status: 400,
      body: { message: 'Invalid JSON', details: 'Unexpected character' },
      code: 'deploy.refused',
      says: 'Invalid JSON: Unexpected character',
    },
    {
      status: 422,
      body: { message: 'Object is not valid', details: [{ path: '/cpus', errors: ['must be positive'] }] },
      code: 'deploy.refused',
      says: '/cpus: must be positive',
    },
    { status: 409, body: { message: 'An app with id already exists' }, code: 'deploy.refused', says: 'already exists' },
    { status: 403, body: { message: 'Not Authorized' }, code: 'deploy.orchestrator', says: 'Not Authorized' },
    { status: 500, body: undefined, code: 'deploy.orchestrator', says: 'no explanation' },
  ];
  for (const { status, body, code, says } of refusals) {
    it(`reports an answer of ${status} with what Marathon says`, async () => {
      marathon.behave({ refusal: { status, body } });
      const failure = await failureOf(rollOut(template(first), first));
      expect(failure.code).toBe(code);
      expect(failure.message).toContain(says);
    });
  }

  it('shows its credentials, and says which to set when they are refused', async () => {
    marathon.behave({ authorization: 'token=s3cret' });
    expect((await rollOut(template(first), first, { credentials: { token: new Secret('s3cret') } })).outcome).toBe(
      'succeeded',
    );
    const failure = await failureOf(rollOut(template(first), first));
    expect([failure.code, failure.remedy]).toEqual([
      'deploy.orchestrator',
      'Set SLIPWAY_MARATHON_TOKEN, or SLIPWAY_MARATHON_USER and SLIPWAY_MARATHON_PASSWORD, of somebody who may deploy this app.',
    ]);
    marathon.behave({ authorization: `Basic ${Buffer.from('me:p:w').toString('base64')}` });
    const basic = { username: 'me', password: new Secret('p:w') };
    expect((await rollOut(template(first), first, { credentials: basic })).outcome).toBe('nothing-to-do');
  });

  it('reports a Marathon that does not answer', async () => {
    await marathon.close();
    const failure = await failureOf(rollOut(template(first), first));
    expect(failure.code).toBe('deploy.orchestrator');
    expect(failure.message).toContain('ECONNREFUSED');
  });

  it('ends when it is interrupted', async () => {
    const controller = new AbortController();
    marathon.behave({ noOffers: true });
    const reason = new Error('interrupted');
    const rollout = rollOut(template(first), first, { timeoutSeconds: 1e6, signal: controller.signal });
    while (marathon.puts.length < 1) await setImmediate();
    controller.abort(reason);
    await expect(rollout).rejects.toBe(reason);
  });
});

describe('what Marathon is given', () => {
  it('takes credentials from the environment, and refuses half of them', () => {
    expect(marathonCredentials({})).toBeUndefined();
    expect(marathonCredentials({ SLIPWAY_MARATHON_TOKEN: 't' })).toEqual({ token: new Secret('t') });
    expect(() => marathonCredentials({ SLIPWAY_MARATHON_USER: 'me' })).toThrow('is set without the other');
  });

  it('refuses a pod and a missing address before anything is built', () => {
    const { check: checkPlan } = createMarathonOrchestrator();
    const plan = {
      template: 'p.json',
      service: '/p',
      environment: 'x',
      options: { url: marathon.url },
    } as unknown as DeploymentPlan;
    const pod = '{"id":"/p","containers":[{"name":"a","image":{"kind":"DOCKER","id":"a:1"}}]}';
    expect(() => checkPlan(plan, pod)).toThrow("'/p' is a pod");
    expect(() => checkPlan({ ...plan, options: {} }, pod)).toThrow("needs Marathon's address");
  });
});
