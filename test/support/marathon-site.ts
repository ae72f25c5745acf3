import { setImmediate } from 'node:timers/promises';
import { expect } from 'vitest';
import type { RunContext } from '../../src/core/engine.js';
import type { Failure } from '../../src/core/failure.js';
import type { DeploymentPlan } from '../../src/core/plan.js';
import type { AppliedRollout, Orchestrator, RolloutJob, RolloutResult } from '../../src/core/target.js';
import type { Clock } from '../../src/targets/clock.js';
import { createMarathonOrchestrator, type MarathonOptions } from '../../src/targets/marathon/rollout.js';
import type { MarathonStandIn } from './marathon/server.js';

export const first = `registry.example.com/web:1.0.0@sha256:${'1'.repeat(64)}`;
export const second = `registry.example.com/web:1.1.0@sha256:${'2'.repeat(64)}`;

/** The stand-in's virtual clock: a pause is over at once, counts in full, and lets its cluster go on. */
export function clockOf(marathon: MarathonStandIn): Clock {
  return {
    now: () => marathon.cluster.now,
    sleep: async (milliseconds, signal) => {
      marathon.cluster.advance(milliseconds);
      // Events that this caused arrive by a socket of their own.
      for (let turn = 0; turn < 3; turn++) await setImmediate();
      signal.throwIfAborted();
    },
  };
}

/** An app `/shop/web`. */
export function webApp(image: string, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    id: '/shop/web',
    instances: 2,
    cpus: 0.5,
    mem: 64,
    container: { type: 'DOCKER', docker: { image } },
    ...more,
  });
}

export const httpCheck = { healthChecks: [{ protocol: 'MESOS_HTTP', path: '/health', portIndex: 0 }] };

export interface SiteOptions extends MarathonOptions {
  readonly url?: string;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
  readonly service?: string;
  readonly options?: Readonly<Record<string, string>>;
}

export interface Site {
  readonly orchestrator: Orchestrator;
  readonly job: RolloutJob;
  readonly context: RunContext;
  /** What was said: `warn …`, `info …`. */
  readonly said: string[];
  apply(): Promise<AppliedRollout>;
  watch(applied: AppliedRollout): Promise<RolloutResult>;
  undo(applied: AppliedRollout): Promise<RolloutResult>;
  rollOut(): Promise<RolloutResult>;
}

/** One job on a stand-in. */
export function siteOf(marathon: MarathonStandIn, template: string, image: string, given: SiteOptions = {}): Site {
  const { url = marathon.url, timeoutSeconds = 60, signal, service = '/shop/web', options = {}, ...rest } = given;
  const plan: DeploymentPlan = {
    environment: 'production',
    target: 'marathon',
    source: { in: 'project' },
    template: 'web.json',
    service,
    currentImage: 'x:1',
    options: { url, ...options },
    timeoutSeconds,
  };
  const said: string[] = [];
  const progress = {
    step: () => {},
    output: () => {},
    status: () => {},
    info: (text: string) => said.push(`info ${text}`),
    warn: (text: string) => said.push(`warn ${text}`),
  };
  const context = { progress, signal: signal ?? new AbortController().signal };
  const orchestrator = createMarathonOrchestrator({ clock: clockOf(marathon), ...rest });
  const job = { plan, template, image };
  const apply = (): Promise<AppliedRollout> => orchestrator.apply(job, context);
  const watch = (applied: AppliedRollout): Promise<RolloutResult> => orchestrator.watch(job, applied, context);
  return {
    orchestrator,
    job,
    context,
    said,
    apply,
    watch,
    undo: async (applied) => (await orchestrator.undo?.(job, applied, context)) ?? expect.fail('there is no undo'),
    rollOut: async () => watch(await apply()),
  };
}

/** What a promise fails with. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  return promise.then(
    () => expect.fail('nothing failed'),
    (error: Failure) => error,
  );
}

/** Let the stand-in finish what goes on. */
export function settle(marathon: MarathonStandIn): void {
  marathon.cluster.advance(20_000);
}
