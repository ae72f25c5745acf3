import { Failure } from '../../core/failure.js';
import type { Output, Step } from '../../core/recipe.js';
import { markOf } from './script.js';

/** What the builder's script has said of itself so far. */
export interface ScriptReport {
  readonly step: number | undefined;
  readonly phase: 'prepare' | 'sources' | 'step' | 'outputs' | undefined;
  readonly missing: readonly { readonly index: number; readonly around: string; readonly there: readonly string[] }[];
  readonly fullDisk: string | undefined;
  readonly done: boolean;
  readonly foreign: boolean;
}

/** Takes the script's marks out of a build's output. */
export class ScriptReader {
  readonly #mark: string;
  readonly #onStep: (index: number) => void;
  readonly #onLine: (line: string) => void;
  #step: number | undefined;
  #phase: ScriptReport['phase'];
  #missing: { index: number; around: string; there: string[] }[] = [];
  #fullDisk: string | undefined;
  #done = false;
  #foreign = false;

  constructor(nonce: string, onStep: (index: number) => void, onLine: (line: string) => void) {
    this.#mark = markOf(nonce);
    this.#onStep = onStep;
    this.#onLine = onLine;
  }

  /** A command may have ended without a line end, so that a mark can begin inside a line. */
  read(line: string): void {
    const at = line.indexOf(this.#mark);
    if (at !== 0) this.#onLine(at < 0 ? line : line.slice(0, at));
    if (at < 0) return;
    const text = line.slice(at + this.#mark.length);
    const space = text.indexOf(' ');
    this.#take(space < 0 ? text : text.slice(0, space), space < 0 ? '' : text.slice(space + 1));
  }

  get report(): ScriptReport {
    return {
      step: this.#step,
      phase: this.#phase,
      missing: this.#missing,
      fullDisk: this.#fullDisk,
      done: this.#done,
      foreign: this.#foreign,
    };
  }

  #take(word: string, rest: string): void {
    switch (word) {
      case 'step':
        this.#step = Number(rest);
        this.#onStep(this.#step);
        break;
      case 'failed':
        this.#phase ??= phaseOf(rest.split(' ')[0]);
        break;
      case 'missing':
        this.#missing.push({ index: Number(rest), around: '', there: [] });
        break;
      case 'around':
        for (const last of this.#missing.slice(-1)) last.around = rest.replace(/^\.\/?/, '');
        break;
      case 'there':
        this.#missing.at(-1)?.there.push(rest);
        break;
      case 'df':
        this.#fullDisk ??= fullDisk(rest);
        break;
      case 'foreign':
        this.#foreign = true;
        break;
      case 'done':
        this.#done = true;
        break;
    }
  }
}

function phaseOf(word: string | undefined): ScriptReport['phase'] {
  return word === 'prepare' || word === 'sources' || word === 'step' || word === 'outputs' ? word : undefined;
}

/** Free KiB below which a file system that can be written counts as full: builds write megabytes. */
const leastFree = 1024;

/** The mount point of a full file system, from a line of `df -P -k`: name, blocks, used, available, capacity, mount point. */
export function fullDisk(line: string): string | undefined {
  const match = /^\S.*?\s+(\d+)\s+(\d+)\s+(-?\d+)\s+\d+%\s+(\/.*)$/.exec(line);
  const [, blocks, , available, mountPoint] = match ?? [];
  if (mountPoint === undefined || Number(blocks) <= leastFree * 8) return undefined;
  return Number(available) < leastFree ? mountPoint : undefined;
}

/** Why a script that did not get to its end did not; `code` is the container's exit code. */
export function explainFailure(
  report: ScriptReport,
  code: number,
  plan: { readonly steps: readonly Step[]; readonly outputs: readonly Output[]; readonly image: string },
  lastLines: readonly string[],
): Failure {
  if (report.fullDisk !== undefined) {
    return new Failure('build.disk-full', {
      message: `The builder's disk is full (${report.fullDisk})`,
      where: plan.image,
      remedy: 'Free space on the engine’s machine: `slipway caches clear`, `docker system prune`.',
      lastLines,
    });
  }
  if (report.missing.length > 0) return missingOutput(report.missing, plan.outputs);
  const title = report.phase === 'step' ? plan.steps[report.step ?? 0]?.title : undefined;
  const what =
    title ??
    {
      prepare: 'preparing the builder',
      sources: 'copying the sources',
      outputs: 'taking the outputs',
      step: 'the build',
    }[report.phase ?? 'step'];
  const killed = code === 137 ? ' (killed: out of memory?)' : '';
  return new Failure('build.command-failed', {
    message: `${what} ended with exit code ${code}${killed}`,
    where: plan.image,
    remedy: 'Read its last lines; run the same command in the project to see it there.',
    lastLines,
  });
}

function missingOutput(missing: ScriptReport['missing'], outputs: readonly Output[]): Failure {
  const first = missing[0];
  const names = missing.map(({ index }) => outputs[index]?.from ?? '?');
  const directory = first?.around === '' ? 'The source directory' : `${first?.around}/`;
  const there = first?.there.length ? `has ${first.there.join(', ')}` : 'is empty';
  return new Failure('build.output-missing', {
    message: `The build did not leave ${names.join(', ')}; ${directory} ${there}`,
    where: names[0] ?? '',
    remedy: 'Let the build write it there, or correct the output in the settings.',
    candidates: first?.there ?? [],
  });
}
