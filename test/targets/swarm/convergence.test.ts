import { describe, expect, it } from 'vitest';
import { describeTasks, judge } from '../../../src/targets/swarm/convergence.js';
import type { LiveService, LiveTask } from '../../../src/targets/swarm/swarm-client.js';

const template = { ContainerSpec: { Image: 'app:2' } };
const expected = { image: 'app:2', template: JSON.stringify(template), ignoreUpdateStatus: false };

function service(replicas: number | undefined, state?: string, more: object = {}): LiveService {
  const Mode = replicas === undefined ? { Global: {} } : { Replicated: { Replicas: replicas } };
  return {
    ID: 'id',
    Version: { Index: 1 },
    Spec: { Name: 'shop_web', TaskTemplate: { ...template, ...more }, Mode },
    ...(state && { UpdateStatus: { State: state, Message: 'said so' } }),
  } as LiveService;
}

function task(slot: number, state: string, more: Partial<LiveTask> & { Err?: string } = {}): LiveTask {
  return {
    ID: `${slot}${state}`,
    Slot: slot,
    DesiredState: 'running',
    Spec: template,
    Status: { State: state, ...(more.Err && { Err: more.Err }) },
    upToDate: true,
    ...more,
  };
}

describe('judging a service of the Swarm', () => {
  it('calls it running when exactly the wanted tasks of the present version run', () => {
    const tasks = [
      task(2, 'running'),
      task(1, 'running'),
      task(1, 'shutdown', { DesiredState: 'shutdown', upToDate: false }),
    ];
    expect(judge(expected, service(2, 'completed'), tasks, [])).toEqual({
      state: 'running',
      text: '2/2 tasks running',
      tasks: '1running,2running',
    });
    expect(judge(expected, service(0), [], []).state).toBe('running');
    expect(judge(expected, service(undefined), [task(1, 'running')], []).state).toBe('running');
  });

  it('waits for what is not finished', () => {
    const old = task(2, 'running', { upToDate: false });
    const states = [
      judge(expected, service(2), [task(1, 'running')], []),
      judge(expected, service(1, 'updating'), [task(1, 'running')], []),
      judge(expected, service(1), [task(1, 'running'), old], []),
      judge(expected, service(1), [task(1, 'running'), task(2, 'running')], []),
      judge(expected, service(2), [task(1, 'running'), task(1, 'starting')], []),
      judge(expected, service(undefined), [], []),
      judge(expected, service(1, 'rollback_started'), [task(1, 'running')], []),
    ];
    expect(states.map((each) => each.state)).toEqual(states.map(() => 'waiting'));
  });

  it('calls a pause and every rollback a failure, with the task’s error', () => {
    const ended = [task(1, 'failed', { Err: 'task: non-zero exit (3)' })];
    const texts = ['paused', 'rollback_completed', 'rollback_paused'].map((state) =>
      judge(expected, service(1, state), [], ended),
    );
    expect(texts.map((each) => [each.state, each.text])).toEqual([
      ['failed', 'Swarm paused the update: failed, task: non-zero exit (3)'],
      ['failed', 'Swarm rolled the update back to the version before: failed, task: non-zero exit (3)'],
      ['failed', 'Swarm began to roll the update back and got stuck: failed, task: non-zero exit (3)'],
    ]);
  });

  it('leaves the status of an update before ours aside', () => {
    const stale = { ...expected, ignoreUpdateStatus: true };
    expect(judge(stale, service(1, 'rollback_completed'), [task(1, 'running')], []).state).toBe('running');
  });

  it('says that somebody else changed or removed the service', () => {
    expect(judge(expected, service(1, undefined, { ForceUpdate: 1 }), [], []).state).toBe('superseded');
    expect(judge(expected, undefined, [], []).state).toBe('failed');
  });

  it('ends a crash loop at the third end of one slot, or sooner where the restart policy says so', () => {
    const ended = (count: number, slot = 1) =>
      Array.from({ length: count }, () => task(slot, 'failed', { Err: 'boom' }));
    const policy = (value: object) => service(2, undefined, { RestartPolicy: value });
    const at = (live: LiveService, failures: LiveTask[]) =>
      judge({ ...expected, template: JSON.stringify(live.Spec.TaskTemplate) }, live, [], failures).state;
    expect([
      at(service(2), [...ended(2), ...ended(2, 2)]),
      at(service(2), ended(3)),
      at(policy({ Condition: 'none' }), ended(1)),
      at(policy({ MaxAttempts: 1 }), ended(1)),
      at(policy({ MaxAttempts: 1 }), ended(2)),
    ]).toEqual(['waiting', 'failed', 'failed', 'waiting', 'failed']);
  });

  it('quotes what the Swarm says of each task that does not run', () => {
    expect(describeTasks('shop_web', [task(1, 'pending', { Err: 'no suitable node' }), task(2, 'running')])).toEqual([
      'shop_web.1: pending, no suitable node',
    ]);
  });
});
