import { describe, expect, it } from 'vitest';
import { DeploymentFailure } from '../../src/core/deployment-failure.js';
import { judgeOrder } from '../../src/core/deployment-order.js';
import type { Failure } from '../../src/core/failure.js';
import type { DeploymentPlan } from '../../src/core/plan.js';
import { deployRelease } from '../../src/run/deploy-release.js';
import { contextOf, type FakeOptions, type FakeWorld, failureOf, makeWorld, planOf, siteOf } from './fake-site.js';

const digest = (n: number): string => `sha256:${String(n).repeat(64)}`;
const image = (n: number): string => `app:1.${n}.0@${digest(n)}`;
const wanted = (n: number) => ({ version: `1.${n}.0`, image: image(n) });

function deploy(
  world: FakeWorld,
  n: number,
  services: readonly string[] = ['web'],
  more: Partial<DeploymentPlan> = {},
  options: FakeOptions = {},
) {
  const jobs = services.map((service) => ({ plan: planOf(world, service, more), wanted: wanted(n) }));
  return deployRelease(jobs, siteOf(world, options), contextOf(world));
}

async function failing(run: Promise<unknown>): Promise<DeploymentFailure> {
  const error = await run.then(
    () => expect.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  return error instanceof DeploymentFailure ? error : expect.fail(String((error as Failure).stack));
}

const outcomes = (failure: DeploymentFailure) => failure.reports.map(({ service, outcome }) => [service, outcome]);
const recorded = (world: FakeWorld) =>
  world.records.map(({ record }) => [record.service, record.version, record.outcome]);
const atRest = (world: FakeWorld) => ({ journals: world.journals.size, held: world.held.size });
const rest = { journals: 0, held: 0 };

describe('deploying a release', () => {
  it('succeeds: in git, rolled out, seen to run, noted, and nothing of it is left on this machine', async () => {
    const world = makeWorld({ web: image(1) });
    expect(await deploy(world, 2)).toMatchObject([
      { outcome: 'succeeded', evidence: `1/1 running; runs ${digest(2)}` },
    ]);
    expect([world.text, world.live.get('web')]).toEqual([`web=${image(2)}\n`, image(2)]);
    expect(recorded(world)).toEqual([['web', '1.2.0', 'succeeded']]);
    expect(atRest(world)).toEqual(rest);
  });

  it('has nothing to do where git and the orchestrator have the release already', async () => {
    const world = makeWorld({ web: image(1) });
    expect(await deploy(world, 1)).toMatchObject([{ outcome: 'nothing-to-do' }]);
    expect(recorded(world)).toEqual([]);
  });

  it('undoes a rollout that failed, and git says again what runs: rolled back', async () => {
    const world = makeWorld({ web: image(1) });
    world.fails.set(`watch web ${image(2)}`, failureOf('deploy.stuck', 'exit code 3'));
    const failure = await failing(deploy(world, 2));
    const short = `app:1.1.0@sha256:${'1'.repeat(12)}`;
    expect(failure.code).toBe('deploy.rolled-back');
    expect(failure.message).toBe(
      `exit code 3. web is as it was: ${short} runs again. ${short} runs, 1 of 1, steady. prod.txt names ${short} again`,
    );
    expect(failure.reports).toMatchObject([
      { outcome: 'rolled-back', restored: '2'.repeat(40), commit: '1'.repeat(40) },
    ]);
    expect([world.text, world.live.get('web')]).toEqual([`web=${image(1)}\n`, image(1)]);
    expect(recorded(world)).toEqual([
      ['web', '1.2.0', 'rolled-back'],
      ['web', '1.1.0', 'succeeded'],
    ]);
    expect(world.records[1]?.record.rollbackOf).toBe('1'.repeat(40));
    expect(atRest(world)).toEqual(rest);
  });

  it('is stuck where the undoing fails too, and git still goes back to what was meant to run', async () => {
    const world = makeWorld({ web: image(1) });
    world.fails.set(`watch web ${image(2)}`, failureOf('deploy.stuck', 'exit code 3'));
    world.fails.set('undo web', failureOf('deploy.stuck', 'it hangs'));
    const failure = await failing(deploy(world, 2));
    expect(failure.code).toBe('deploy.stuck');
    expect(failure.message).toContain('web is not as it was: it could not be undone: it hangs');
    expect(recorded(world)).toEqual([
      ['web', '1.2.0', 'stuck'],
      ['web', '1.1.0', 'stuck'],
    ]);
    expect(world.text).toBe(`web=${image(1)}\n`);
  });

  it('leaves a failed rollout in place where it is told to', async () => {
    const world = makeWorld({ web: image(1) });
    world.fails.set(`watch web ${image(2)}`, failureOf('deploy.stuck'));
    const failure = await failing(deploy(world, 2, ['web'], { rollback: 'never' }));
    expect([failure.code, outcomes(failure)]).toEqual(['deploy.stuck', [['web', 'stuck']]]);
    expect([world.text, world.live.get('web')]).toEqual([`web=${image(2)}\n`, image(2)]);
    expect(world.calls).not.toContain('undo web');
  });

  it('undoes by the template of before where the target cannot undo, and says that nobody was asked what runs', async () => {
    const world = makeWorld({ web: image(1) });
    world.fails.set(`watch web ${image(2)}`, failureOf('deploy.stuck'));
    const failure = await failing(deploy(world, 2, ['web'], {}, { bare: true }));
    expect(failure.code).toBe('deploy.rolled-back');
    expect(world.calls.slice(-2)).toEqual([`apply web ${image(1)}`, `watch web ${image(1)}`]);
    world.fails.clear();
    expect(await deploy(world, 3, ['web'], {}, { bare: true })).toMatchObject([
      { evidence: '1/1 running; fake was not asked which images run' },
    ]);
  });

  it('does not undo what the orchestrator has put back itself', async () => {
    const world = makeWorld({ web: image(1) });
    world.fails.set(`watch web ${image(2)}`, failureOf('deploy.rolled-back', 'rollback_completed'));
    const failure = await failing(deploy(world, 2));
    expect(failure.code).toBe('deploy.rolled-back');
    expect(world.calls).not.toContain('undo web');
    expect(world.text).toBe(`web=${image(1)}\n`);
  });

  it('leaves what was never there before, in git and on the orchestrator alike', async () => {
    const world = makeWorld({ web: image(1) });
    world.live.clear();
    world.fails.set(`watch web ${image(2)}`, failureOf('deploy.stuck'));
    const failure = await failing(deploy(world, 2));
    expect(failure.code).toBe('deploy.stuck');
    expect([world.text, world.live.get('web')]).toEqual([`web=${image(2)}\n`, image(2)]);
  });
});

describe('a deployment that the orchestrator refuses, or that nobody can follow', () => {
  it('takes the change in git back where the orchestrator changed nothing', async () => {
    const world = makeWorld({ web: image(1) });
    world.fails.set(`apply web ${image(2)}`, failureOf('deploy.orchestrator', 'connection refused'));
    const failure = await failing(deploy(world, 2));
    expect(failure.code).toBe('deploy.orchestrator');
    expect(failure.message).toContain('connection refused. web is as it was: the orchestrator changed nothing');
    expect([world.text, world.live.get('web')]).toEqual([`web=${image(1)}\n`, image(1)]);
    expect(atRest(world)).toEqual(rest);
  });

  it('states the difference where the change in git cannot be taken back', async () => {
    const world = makeWorld({ web: image(1) });
    world.fails.set(`apply web ${image(2)}`, failureOf('deploy.orchestrator'));
    world.fails.set(`land web ${image(1)}`, failureOf('deploy.repository', 'read only'));
    const failure = await failing(deploy(world, 2));
    expect(failure.reports).toMatchObject([
      { drift: `prod.txt still names ${image(2)}, since it could not be put back to ${image(1)} (read only)` },
    ]);
    expect(failure.message).toContain('still names');
  });

  it('undoes nothing where somebody else took over', async () => {
    const world = makeWorld({ web: image(1) });
    world.fails.set(`watch web ${image(2)}`, failureOf('deploy.superseded'));
    const failure = await failing(deploy(world, 2));
    expect([failure.code, outcomes(failure)]).toEqual(['deploy.superseded', [['web', 'superseded']]]);
    expect(world.calls).not.toContain('undo web');
    expect(world.text).toBe(`web=${image(2)}\n`);
    expect(recorded(world)).toEqual([['web', '1.2.0', 'superseded']]);
    expect(atRest(world)).toEqual(rest);
  });

  it('says that it does not know where the orchestrator is gone, and a rerun finds out', async () => {
    const world = makeWorld({ web: image(1) });
    world.fails.set(`watch web ${image(2)}`, failureOf('deploy.orchestrator', 'connection lost'));
    const failure = await failing(deploy(world, 2));
    expect([failure.code, outcomes(failure)]).toEqual(['deploy.unknown', [['web', 'unknown']]]);
    expect(recorded(world)).toEqual([['web', '1.2.0', 'unknown']]);
    world.fails.clear();
    expect(await deploy(world, 2)).toMatchObject([{ outcome: 'succeeded' }]);
    expect(recorded(world)).toEqual([['web', '1.2.0', 'succeeded']]);
    expect(atRest(world)).toEqual(rest);
  });

  it('sees that another image runs than was rolled out, and leaves it to whoever did that', async () => {
    const world = makeWorld({ web: image(1) });
    const site = siteOf(world);
    const orchestrator = await site.openOrchestrator(planOf(world, 'web'));
    const observe = async () => ({ images: [image(9)], running: 1, wanted: 1, state: 'steady' });
    const other = { ...site, openOrchestrator: async () => ({ ...orchestrator, observe }) };
    const run = deployRelease([{ plan: planOf(world, 'web'), wanted: wanted(2) }], other, contextOf(world));
    expect((await failing(run)).code).toBe('deploy.superseded');
  });

  it('keeps a deployment that went well though its outcome cannot be noted', async () => {
    const world = makeWorld({ web: image(1) });
    world.fails.set('note', failureOf('deploy.repository', 'no notes here'));
    expect(await deploy(world, 2)).toMatchObject([{ outcome: 'succeeded' }]);
    expect(world.warnings).toEqual([`The outcome could not be noted on ${'1'.repeat(12)}: no notes here`]);
  });

  it('refuses an older release, and does not touch the orchestrator', async () => {
    const world = makeWorld({ web: image(2) });
    const guard: FakeOptions['guard'] =
      ({ environment, service }, ours) =>
      (found) =>
        judgeOrder({ environment, service, ...ours }, found, {});
    const failure = await failing(deploy(world, 1, ['web'], {}, { guard }));
    expect([failure.code, outcomes(failure)]).toEqual(['deploy.superseded', [['web', 'superseded']]]);
    expect(world.calls).toEqual([]);
    expect(atRest(world)).toEqual(rest);
  });
});

describe("the service's own health URL", () => {
  const verify = { url: 'http://web.example.com/version', body: 'v{version}', timeoutSeconds: 10 };

  it('is asked until it answers with the new version, which is evidence', async () => {
    const world = makeWorld({ web: image(1) });
    let asked = 0;
    world.health = () => ({ status: 200, body: ++asked < 3 ? 'v1.1.0' : 'I am v1.2.0' });
    expect(await deploy(world, 2, ['web'], { verify })).toMatchObject([
      { evidence: `1/1 running; runs ${digest(2)}; http://web.example.com/version answered 200 with 'v1.2.0'` },
    ]);
  });

  it('has a rollout undone when it keeps answering with the old version', async () => {
    const world = makeWorld({ web: image(1) });
    world.health = () => ({ status: 200, body: 'v1.1.0' });
    const failure = await failing(deploy(world, 2, ['web'], { verify }));
    expect(failure.code).toBe('deploy.rolled-back');
    expect(failure.message).toContain("answered 200 with 'v1.1.0', after 10 s. web is as it was");
    expect(world.live.get('web')).toBe(image(1));
  });

  it('quotes why there was no answer', async () => {
    const world = makeWorld({ web: image(1) });
    const failure = await failing(deploy(world, 2, ['web'], { verify }));
    expect(failure.message).toContain('did not answer (connection refused)');
  });
});

describe('several services of one release', () => {
  const three = () => makeWorld({ web: image(1), worker: image(1), cron: image(1) });

  it('are rolled out one after another', async () => {
    const world = three();
    const deployed = await deploy(world, 2, ['worker', 'web']);
    expect(deployed.map(({ service, outcome }) => [service, outcome])).toEqual([
      ['worker', 'succeeded'],
      ['web', 'succeeded'],
    ]);
    expect(world.calls.map((call) => call.split(' ').slice(0, 2).join(' '))).toEqual([
      'apply worker',
      'watch worker',
      'apply web',
      'watch web',
    ]);
    expect(world.live.get('cron')).toBe(image(1));
  });

  it('are all as they were when one fails: those already done are undone in reverse, those not begun are taken back in git', async () => {
    const world = three();
    const before = world.text;
    world.fails.set(`watch worker ${image(2)}`, failureOf('deploy.stuck', 'exit code 3'));
    const failure = await failing(deploy(world, 2, ['web', 'worker', 'cron']));
    expect([failure.code, outcomes(failure)]).toEqual([
      'deploy.rolled-back',
      [
        ['worker', 'rolled-back'],
        ['web', 'rolled-back'],
        ['cron', 'rolled-back'],
      ],
    ]);
    expect(world.calls.slice(-2)).toEqual(['undo worker', 'undo web']);
    expect([world.text, ...world.live.values()]).toEqual([before, image(1), image(1), image(1)]);
    expect(atRest(world)).toEqual(rest);
  });

  it('end as stuck when one of them cannot be undone, and the others still are', async () => {
    const world = three();
    world.fails.set(`watch worker ${image(2)}`, failureOf('deploy.stuck'));
    world.fails.set('undo worker', failureOf('deploy.stuck'));
    const failure = await failing(deploy(world, 2, ['web', 'worker']));
    expect([failure.code, outcomes(failure)]).toEqual([
      'deploy.stuck',
      [
        ['worker', 'stuck'],
        ['web', 'rolled-back'],
      ],
    ]);
    expect(world.live.get('web')).toBe(image(1));
  });

  it('change nothing when the template of one of them cannot be landed', async () => {
    const world = three();
    const before = world.text;
    world.fails.set(`land worker ${image(2)}`, failureOf('deploy.superseded'));
    const failure = await failing(deploy(world, 2, ['web', 'worker']));
    expect(failure.code).toBe('deploy.superseded');
    expect([world.text, world.calls]).toEqual([before, []]);
  });
});

/** What a run that dies at a call leaves: everything up to there, and its lock is nobody's. */
async function dieAt(world: FakeWorld, call: string, n: number, services: readonly string[] = ['web']): Promise<void> {
  let dead = false;
  const never = new Promise<never>(() => {});
  const site = siteOf(world);
  const dying = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: readonly unknown[]) => {
          dead ||= call === String(name);
          return dead ? never : value.apply(target, args);
        };
      },
    });
  const openOrchestrator = async (plan: DeploymentPlan) => dying(await site.openOrchestrator(plan));
  const openStore = async (plan: DeploymentPlan) => dying(await site.openStore(plan));
  const jobs = services.map((service) => ({ plan: planOf(world, service), wanted: wanted(n) }));
  void deployRelease(jobs, { ...site, openOrchestrator, openStore }, contextOf(world)).catch(() => {});
  for (let turn = 0; turn < 200 && !dead; turn++) await new Promise((settle) => setImmediate(settle));
  expect({ call, dead }).toEqual({ call, dead: true });
  world.held.clear();
}

describe('a run that died', () => {
  it.each(['apply', 'watch', 'observe', 'note'])('before %s is carried to the same end by a rerun', async (call) => {
    const world = makeWorld({ web: image(1) });
    await dieAt(world, call, 2);
    expect(await deploy(world, 2)).toMatchObject([{ outcome: 'succeeded' }]);
    expect([recorded(world), world.live.get('web')]).toEqual([[['web', '1.2.0', 'succeeded']], image(2)]);
    expect(atRest(world)).toEqual(rest);
  });

  it('is carried on from another machine, which has git alone', async () => {
    const world = makeWorld({ web: image(1) });
    await deploy(world, 2);
    await dieAt(world, 'watch', 3);
    world.journals.clear();
    expect(await deploy(world, 3)).toMatchObject([{ outcome: 'succeeded' }]);
    expect(recorded(world).at(-1)).toEqual(['web', '1.3.0', 'succeeded']);
  });

  it('is undone from another machine, to what git had before', async () => {
    const world = makeWorld({ web: image(1) });
    await deploy(world, 2);
    await dieAt(world, 'watch', 3);
    world.journals.clear();
    world.fails.set(`watch web ${image(3)}`, failureOf('deploy.stuck'));
    expect((await failing(deploy(world, 3))).code).toBe('deploy.rolled-back');
    expect([world.text, world.live.get('web')]).toEqual([`web=${image(2)}\n`, image(2)]);
  });

  it('remembers what was before when the rerun of it fails', async () => {
    const world = makeWorld({ web: image(1) });
    await dieAt(world, 'watch', 2);
    world.fails.set(`watch web ${image(2)}`, failureOf('deploy.stuck'));
    expect((await failing(deploy(world, 2))).code).toBe('deploy.rolled-back');
    expect([world.text, world.live.get('web')]).toEqual([`web=${image(1)}\n`, image(1)]);
  });

  it('just after the orchestrator was told is undone to what was before it, not to what it told', async () => {
    const world = makeWorld({ web: image(1) });
    await dieAt(world, 'watch', 2);
    const entry = world.journals.get('web') ?? expect.fail('no journal');
    const { applied: _, ...told } = { ...entry, phase: 'applying' as const };
    world.journals.set('web', told);
    world.fails.set(`watch web ${image(2)}`, failureOf('deploy.stuck'));
    // The orchestrator sends the same again, and calls what it replaced what was before.
    const site = siteOf(world);
    const orchestrator = await site.openOrchestrator(planOf(world, 'web'));
    const apply: typeof orchestrator.apply = async (job, context) =>
      job.image === image(2)
        ? { change: 'updated', reference: {}, before: image(2) }
        : orchestrator.apply(job, context);
    const sending = { ...site, openOrchestrator: async () => ({ ...orchestrator, apply }) };
    const run = deployRelease([{ plan: planOf(world, 'web'), wanted: wanted(2) }], sending, contextOf(world));
    expect((await failing(run)).code).toBe('deploy.rolled-back');
    expect([world.text, world.live.get('web')]).toEqual([`web=${image(1)}\n`, image(1)]);
  });

  it('while it undid a failure is carried on with that, and not begun anew', async () => {
    const world = makeWorld({ web: image(1), worker: image(1) });
    const before = world.text;
    world.fails.set(`watch worker ${image(2)}`, failureOf('deploy.stuck', 'exit code 3'));
    await dieAt(world, 'undo', 2, ['web', 'worker']);
    world.fails.clear();
    world.calls.length = 0;
    const failure = await failing(deploy(world, 2, ['web', 'worker']));
    expect([failure.code, failure.message]).toEqual(['deploy.rolled-back', 'exit code 3']);
    expect(world.calls.filter((call) => call.startsWith('undo')).sort()).toEqual(['undo web', 'undo worker']);
    expect([world.text, world.live.get('web'), world.live.get('worker')]).toEqual([before, image(1), image(1)]);
    expect(atRest(world)).toEqual(rest);
  });

  it('with an older release is replaced by a newer one, which says so', async () => {
    const world = makeWorld({ web: image(1) });
    await dieAt(world, 'watch', 2);
    expect(await deploy(world, 3)).toMatchObject([{ outcome: 'succeeded' }]);
    expect(world.warnings).toEqual(['An earlier run died while it deployed web 1.2.0; this one replaces it']);
    expect(recorded(world)).toEqual([
      ['web', '1.2.0', 'unknown'],
      ['web', '1.3.0', 'succeeded'],
    ]);
  });
});

describe('a run that is interrupted', () => {
  it('says what git has, what the orchestrator was told and what to do next, and lets go of its lock', async () => {
    const world = makeWorld({ web: image(1) });
    const site = siteOf(world);
    const orchestrator = await site.openOrchestrator(planOf(world, 'web'));
    const watch = async (): Promise<never> => {
      world.abort.abort(failureOf('run.terminated', 'Terminated'));
      throw world.abort.signal.reason;
    };
    const stopping = { ...site, openOrchestrator: async () => ({ ...orchestrator, watch }) };
    const run = deployRelease([{ plan: planOf(world, 'web'), wanted: wanted(2) }], stopping, contextOf(world));
    await expect(run).rejects.toMatchObject({
      code: 'run.terminated',
      message: 'Terminated. web: git names 1.2.0, and the orchestrator has been told and goes on with it by itself',
      remedy: expect.stringContaining('Run the same command again'),
    });
    expect(atRest(world)).toEqual({ journals: 1, held: 0 });
  });
});
