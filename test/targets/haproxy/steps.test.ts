import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findBackend } from '../../../src/targets/haproxy/config-document.js';
import type { LiveServer } from '../../../src/targets/haproxy/runtime.js';
import { type Instance, isServing, provedName, type Snapshot } from '../../../src/targets/haproxy/snapshot.js';
import { nextStep, type Step, type Wanted } from '../../../src/targets/haproxy/steps.js';

/** A model of the host: what each step makes of it, without engine and HAProxy. Containers are told apart by name. */
interface Part {
  readonly name: string;
  readonly definition: string;
  readonly running: boolean;
  readonly admin: LiveServer['admin'] | undefined;
  readonly up: boolean;
}

const section = findBackend('haproxy.cfg', 'backend web\n', 'web', 'web');
if (section === undefined) throw new Error('no section');

function snapshotOf(parts: readonly Part[]): Snapshot {
  const instances = parts.map((part, index): Instance => {
    const server = part.admin && serverOf(part.name, part.admin, part.up);
    const { name, definition, running } = part;
    const rest = { id: name, image: definition, address: '127.0.0.1', port: 18_000 + index };
    return { ...rest, name, definition, running, exitCode: 0, restarts: 0, endedAt: '', ...(server && { server }) };
  });
  const strays = instances.flatMap((each) => (!each.running && each.server?.admin !== 'maint' ? [each.server] : []));
  return { instances, strays: strays.filter((each) => each !== undefined), free: [], section: section as never };
}

function serverOf(name: string, admin: LiveServer['admin'], up: boolean): LiveServer {
  return { name, address: '127.0.0.1', port: 1, admin, up, checked: true, hasCheck: true, sessions: 0 };
}

function carryOut(parts: readonly Part[], step: Step, wanted: Wanted, count: number): readonly Part[] {
  const change = (name: string, to: Partial<Part>) =>
    parts.map((part) => (part.name === name ? { ...part, ...to } : part));
  switch (step.do) {
    case 'withdraw':
      return change(step.server.name, { admin: undefined });
    case 'discard':
      return parts.filter((part) => part.name !== step.instance.name);
    case 'stop':
    case 'retire':
      return change(step.instance.name, { running: false, admin: undefined });
    case 'join':
      return change(step.instance.name, { running: true, admin: 'ready', up: true });
    case 'resume':
      return change(step.server.name, { admin: 'ready' });
    case 'create':
      return [
        ...parts,
        { name: `made-${count}`, definition: wanted.definition, running: true, admin: 'ready', up: true },
      ];
    case 'nothing':
      return parts;
  }
}

const part = fc.record({
  definition: fc.constantFrom('old', 'new', 'older'),
  running: fc.boolean(),
  admin: fc.constantFrom('ready', 'drain', 'maint', undefined),
  up: fc.boolean(),
  unproved: fc.boolean(),
});
/** Any state that a death, a crash or a person can leave; what was never put into service takes no requests. */
const states = fc.array(part, { maxLength: 8 }).map((parts) =>
  parts.map(({ unproved, ...each }, index): Part => {
    const isNew = unproved && each.admin !== 'ready';
    return { ...each, name: `web-${index}${isNew ? '-new' : ''}` };
  }),
);

describe('the steps of a rollout', () => {
  it('end with as many containers of the wanted definition as are wanted, whatever there was', () => {
    fc.assert(
      fc.property(states, fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 3 }), (start, instances, more) => {
        const working = (parts: readonly Part[]) =>
          snapshotOf(parts).instances.filter((each) => isServing(each) && each.server?.up).length;
        const serving = snapshotOf(start).instances.filter(isServing).length;
        const wanted = { definition: 'new', instances, floor: Math.max(instances, serving) };
        const places = (parts: readonly Part[]) =>
          Math.max(instances, serving) +
          1 +
          more -
          parts.filter((each) => each.running && each.admin !== undefined).length;
        let parts: readonly Part[] = start;
        const least = Math.min(instances, working(start));
        for (let count = 0; count < 60; count += 1) {
          const step = nextStep(snapshotOf(parts), wanted, Math.max(0, places(parts)));
          if (step.do === 'nothing') break;
          parts = carryOut(parts, step, wanted, count);
          expect(working(parts)).toBeGreaterThanOrEqual(least);
        }
        const left = snapshotOf(parts).instances.filter((each) => each.running);
        expect(left.map((each) => [each.definition, isServing(each), each.name === provedName(each.name)])).toEqual(
          Array.from({ length: instances }, () => ['new', true, true]),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('let a container take requests again that drains while what was to take its place has died', () => {
    const parts: readonly Part[] = [
      { name: 'web-1', definition: 'old', running: true, admin: 'drain', up: true },
      { name: 'web-2', definition: 'new', running: false, admin: 'ready', up: false },
    ];
    const wanted = { definition: 'new', instances: 1, floor: 1 };
    const first = nextStep(snapshotOf(parts), wanted, 1);
    expect(first.do).toBe('withdraw');
    expect(nextStep(snapshotOf(carryOut(parts, first, wanted, 0)), wanted, 1).do).toBe('resume');
  });
});
