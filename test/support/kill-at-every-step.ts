import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Ended } from './cli.js';
import { followToEnd } from './ended.js';

/** Where one run was killed. */
export interface KilledStep {
  /** Which effect of the run, from 1. */
  readonly step: number;
  readonly moment: 'before' | 'after';
  /** The effect: `rename /state/…`, `http POST /services/create`, `spawn git push …`. */
  readonly effect: string;
}

/** A world of its own, in which a program is run, killed and run again. */
export interface KillLane {
  /** What node is given: the program and its arguments. */
  readonly command: readonly string[];
  readonly cwd?: string;
  /** Joined to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Put the world into the state that every run starts from. */
  readonly reset: () => void | Promise<void>;
  /** What a person does after the death; the default: the same command, which must end with 0. */
  readonly rerun?: (killed: KilledStep) => void | Promise<void>;
  /** Throws where the world is not in the state that a run which nobody killed leaves. */
  readonly expectSame: (killed: KilledStep | undefined) => void | Promise<void>;
}

export interface KillSweepOptions {
  /** A run with more effects than that is an error: the sweep would never end. Default 200. */
  readonly cap?: number;
  /** Effects that are not counted, as the harness words them. */
  readonly ignore?: RegExp;
  readonly moments?: readonly KilledStep['moment'][];
  /** Longest time of one run, in seconds; default 60. */
  readonly timeoutSeconds?: number;
}

const harness = resolve('test/support/kill-at-step.mjs');

/**
 * Run a program and kill it at its first effect, then at its second, and so on, each once before the effect and once after it,
 * until it has fewer effects than that; after each death the program is run again, and the world must be as if nobody had killed it.
 * Lanes are worked through at the same time, each in its own world. Returns where it was killed, so that a test can see that it was.
 */
export async function killAtEveryStep(
  lanes: KillLane | readonly KillLane[],
  options: KillSweepOptions = {},
): Promise<readonly KilledStep[]> {
  const moments = options.moments ?? ['before', 'after'];
  const cap = options.cap ?? 200;
  const killed: KilledStep[] = [];
  let next = 0;
  let endedAt = Number.POSITIVE_INFINITY;
  const work = async (lane: KillLane): Promise<void> => {
    for (;;) {
      const step = Math.floor(next / moments.length) + 1;
      const moment = moments[next % moments.length] ?? 'before';
      next += 1;
      if (step >= endedAt) return;
      if (step > cap) throw new Error(`the program has more than ${cap} effects: raise the cap, or ignore some`);
      const death = await killOnce(lane, step, moment, options);
      if (death === undefined) endedAt = Math.min(endedAt, step);
      else killed.push(death);
    }
  };
  const results = await Promise.allSettled((Array.isArray(lanes) ? lanes : [lanes]).map(work));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return killed.sort((left, right) => left.step - right.step);
}

/** Undefined: the run had fewer effects, and ended well. */
async function killOnce(
  lane: KillLane,
  step: number,
  moment: KilledStep['moment'],
  options: KillSweepOptions,
): Promise<KilledStep | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-kill-'));
  const log = join(directory, 'effects');
  try {
    await lane.reset();
    const ended = await run(lane, options, {
      KILL_AT_STEP: String(step),
      KILL_AT_MOMENT: moment,
      KILL_AT_LOG: log,
      ...(options.ignore && { KILL_AT_IGNORE: options.ignore.source }),
    });
    const effects = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : [];
    const effect = effects[step - 1]?.replace(/^\d+ /, '') ?? 'no effect';
    const death = ended.signal === 'SIGKILL' ? { step, moment, effect } : undefined;
    await explain(death ?? { step, moment, effect: `none: ${effects.length} effects in all` }, ended, async () => {
      if (death === undefined && ended.code !== 0) throw new Error(`it was not killed, and ended with ${ended.code}`);
      if (death !== undefined) await again(lane, death, options);
      await lane.expectSame(death);
    });
    return death ?? (effects.length >= step ? { step, moment, effect } : undefined);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function again(lane: KillLane, death: KilledStep, options: KillSweepOptions): Promise<void> {
  if (lane.rerun) return lane.rerun(death);
  const ended = await run(lane, options, {});
  if (ended.code !== 0) throw new Error(`run again, it ended with ${ended.code}:\n${ended.stderr}${ended.stdout}`);
}

/** Which death it was belongs to whatever was found wrong after it. */
async function explain(death: KilledStep, ended: Ended, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(
      `killed ${death.moment} effect ${death.step} (${death.effect}): ${said}\nkilled run:\n${ended.stderr}`,
      {
        cause: error,
      },
    );
  }
}

async function run(
  lane: KillLane,
  options: KillSweepOptions,
  kill: Readonly<Record<string, string>>,
): Promise<Ended & { readonly signal: NodeJS.Signals | null }> {
  const child = spawn(process.execPath, ['--import', harness, ...lane.command], {
    ...(lane.cwd !== undefined && { cwd: lane.cwd }),
    env: { ...process.env, ...lane.env, ...kill },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let late = false;
  const seconds = options.timeoutSeconds ?? 60;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, seconds * 1000);
  try {
    const ended = await followToEnd(child);
    if (late) throw new Error(`it had not ended after ${seconds} s:\n${ended.stderr}`);
    return { ...ended, signal: child.signalCode };
  } finally {
    clearTimeout(timer);
  }
}
