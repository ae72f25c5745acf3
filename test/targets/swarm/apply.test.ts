import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/core/failure.js';
import { silentProgress } from '../../../src/core/progress.js';
import { applySpec, wantedOf } from '../../../src/targets/swarm/apply.js';
import { readDesiredService } from '../../../src/targets/swarm/desired-service.js';
import { EngineRefusal } from '../../../src/targets/swarm/engine-call.js';
import type { Data } from '../../../src/targets/swarm/fields.js';
import { completeSpec, isSameSpec } from '../../../src/targets/swarm/spec.js';
import type { LiveService, SwarmClient } from '../../../src/targets/swarm/swarm-client.js';

const context = { progress: silentProgress, signal: new AbortController().signal };
const clock = { now: () => 0, sleep: async () => {} };
const desired = (image: string) => readDesiredService('s.yml', `services: {web: {image: "${image}"}}`, 'web', 'shop');

/** A Swarm of one service; `onUpdate` stands for what happens when an update arrives. */
function fakeSwarm(image: string | undefined, onUpdate: (swarm: FakeSwarm, spec: Data) => void): FakeSwarm {
  const swarm: FakeSwarm = {
    live: image === undefined ? undefined : liveService(completeSpec(desired(image), ['n1'], undefined), 1),
    updates: 0,
    findService: async () => swarm.live,
    createService: async (spec) => onUpdate(swarm, spec),
    updateService: async (live, spec) => {
      swarm.updates++;
      expect(live).toBe(swarm.live);
      onUpdate(swarm, spec);
    },
    listTasks: async () => [],
    findNetwork: async () => undefined,
    createNetwork: async () => {},
    readTaskLog: async () => [],
    countNodes: async () => 1,
  };
  return swarm;
}

interface FakeSwarm extends SwarmClient {
  live: LiveService | undefined;
  updates: number;
}

function liveService(spec: Data, index: number, state?: string): LiveService {
  return {
    ID: 'id',
    Version: { Index: index },
    Spec: spec,
    UpdateStatus: state ? { State: state } : null,
  } as unknown as LiveService;
}

const outOfSequence = () =>
  new EngineRefusal('rpc error: code = Unknown desc = update out of sequence', 500, undefined);
const apply = (swarm: SwarmClient, image = 'app:2') =>
  applySpec(swarm, wantedOf(desired(image), ['n1']), undefined, clock, context);

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  return promise.then(
    () => expect.fail('nothing failed'),
    (error: Failure) => error,
  );
}

describe('creating or updating a service of the Swarm', () => {
  it('sends an update again when only the version had moved', async () => {
    const swarm = fakeSwarm('app:1', (self, spec) => {
      if (self.updates < 3) {
        self.live = liveService({ ...self.live?.Spec }, self.updates + 10, 'completed');
        throw outOfSequence();
      }
      self.live = liveService(spec, 20);
    });
    expect((await apply(swarm)).change).toBe('updated');
    expect(swarm.updates).toBe(3);
  });

  it('stops when somebody else changed the spec', async () => {
    const swarm = fakeSwarm('app:1', (self) => {
      self.live = liveService(completeSpec(desired('app:9'), ['n1'], undefined), 2);
      throw outOfSequence();
    });
    expect((await failureOf(apply(swarm))).code).toBe('deploy.superseded');
    expect(swarm.updates).toBe(1);
  });

  it('finds its update again when the answer was lost', async () => {
    const swarm = fakeSwarm('app:1', (self, spec) => {
      self.live = liveService(spec, 2);
      throw new EngineRefusal('socket hang up', undefined, undefined);
    });
    expect((await apply(swarm)).change).toBe('updated');
    expect(swarm.updates).toBe(1);
  });

  it('updates what somebody else created first', async () => {
    const swarm = fakeSwarm(undefined, (self, spec) => {
      if (self.live !== undefined) {
        self.live = liveService(spec, 3);
        return;
      }
      self.live = liveService(completeSpec(desired('app:1'), ['n1'], undefined), 1);
      throw new EngineRefusal('name conflicts with an existing object', 409, undefined);
    });
    expect((await apply(swarm)).change).toBe('updated');
    expect(swarm.updates).toBe(1);
  });

  it('does not send what is there already, unless the update had stopped halfway', async () => {
    const swarm = fakeSwarm('app:2', (self, spec) => {
      self.live = liveService(spec, 5);
    });
    expect((await apply(swarm)).change).toBe('unchanged');
    expect(swarm.updates).toBe(0);
    swarm.live = liveService({ ...swarm.live?.Spec }, 4, 'paused');
    expect((await apply(swarm)).change).toBe('updated');
    expect(swarm.updates).toBe(1);
  });

  it('gives up after some attempts, with what the Swarm said', async () => {
    const swarm = fakeSwarm('app:1', () => {
      throw new EngineRefusal('the swarm has no leader', 503, undefined);
    });
    const failure = await failureOf(apply(swarm));
    expect([failure.code, failure.message]).toEqual([
      'deploy.orchestrator',
      "Swarm did not take the service 'shop_web': the swarm has no leader",
    ]);
    expect(swarm.updates).toBe(6);
  });

  it('does not repeat what the Swarm refuses for good', async () => {
    const swarm = fakeSwarm('app:1', () => {
      throw new EngineRefusal("port '80' is already in use by service 'x' as an ingress port", 400, undefined);
    });
    expect((await failureOf(apply(swarm))).code).toBe('deploy.refused');
    expect(swarm.updates).toBe(1);
  });

  it('leaves a service alone that is not the stack’s', async () => {
    const swarm = fakeSwarm('app:1', () => {});
    swarm.live = liveService({ ...swarm.live?.Spec, Labels: {} }, 1);
    expect((await failureOf(apply(swarm))).message).toContain("does not belong to the stack 'shop'");
  });
});

describe('telling specs apart', () => {
  const spec = completeSpec(desired('app:1'), ['n1'], undefined);

  it('takes what the daemon adds for nothing', () => {
    const returned = {
      ...spec,
      TaskTemplate: {
        ...(spec.TaskTemplate as Data),
        ForceUpdate: 0,
        Runtime: 'container',
        RestartPolicy: { Condition: 'any', MaxAttempts: 0 },
        Resources: { Limits: {}, Reservations: {} },
      },
      UpdateConfig: null,
    };
    expect(isSameSpec(spec, returned)).toBe(true);
  });

  it('knows the zeros that mean something', () => {
    const with0 = (parallelism: number) => ({ ...spec, UpdateConfig: { Parallelism: parallelism } });
    expect([isSameSpec(spec, with0(0)), isSameSpec(with0(1), with0(0)), isSameSpec(with0(0), with0(0))]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('keeps forced restarts and open replicas of the living service', () => {
    const live = liveService(
      {
        ...spec,
        TaskTemplate: { ...(spec.TaskTemplate as Data), ForceUpdate: 4 },
        Mode: { Replicated: { Replicas: 7 } },
      },
      1,
    );
    const next = completeSpec(desired('app:2'), ['n1'], live);
    expect([(next.TaskTemplate as Data).ForceUpdate, next.Mode]).toEqual([4, { Replicated: { Replicas: 7 } }]);
  });
});
