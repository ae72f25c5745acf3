import { spawnSync } from 'node:child_process';

/** The middle of the values; of two middles the lower. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}

/** One thing that is measured: a name and what to run, which answers with milliseconds. */
export interface Subject {
  readonly name: string;
  readonly run: () => number | Promise<number>;
}

export interface Measured {
  readonly name: string;
  readonly median: number;
  readonly least: number;
}

/** Run the subjects in turn, round after round, so that the machine's moods meet all of them alike. */
export async function measureInTurn(subjects: readonly Subject[], rounds: number): Promise<readonly Measured[]> {
  const times = new Map(subjects.map((subject) => [subject.name, [] as number[]]));
  for (const subject of subjects) await subject.run();
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of subjects) times.get(subject.name)?.push(await subject.run());
  }
  return [...times].map(([name, all]) => ({ name, median: median(all), least: Math.min(...all) }));
}

/** Milliseconds a process took. Throws when it failed. */
export function timeProcess(command: string, args: readonly string[], cwd = process.cwd()): number {
  const start = performance.now();
  const result = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
  const time = performance.now() - start;
  if (result.status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${result.status}: ${result.stderr}`);
  return time;
}

/** One row of the results. */
export interface Figure {
  readonly what: string;
  readonly measured: string;
  readonly ratio: string;
  readonly aim: string;
  readonly met: boolean;
}

export function formatFigures(figures: readonly Figure[]): string {
  const rows = figures.map(
    (figure) =>
      `| ${figure.what} | ${figure.measured} | ${figure.ratio} | ${figure.aim} | ${figure.met ? 'yes' : '**no**'} |`,
  );
  return ['| what | measured | ratio | aim | met |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}
