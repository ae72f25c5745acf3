import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Figure, measureInTurn, median } from './measure.js';

const aim = 30;

/**
 * `slipway detect` on every fixture, each beyond the same command in an empty directory, in turn: what reading and deciding
 * costs, without what starting costs.
 */
export async function benchDetectionTime(cli: string, workspace: string, rounds: number): Promise<readonly Figure[]> {
  const empty = join(workspace, 'empty');
  mkdirSync(empty, { recursive: true });
  const names = readdirSync('fixtures/projects').toSorted();
  const run = (directory: string) => () => timeDetection(cli, directory);
  const [start, ...all] = await measureInTurn(
    [
      { name: 'start-up', run: run(empty) },
      ...names.map((name) => ({ name, run: run(join('fixtures/projects', name)) })),
    ],
    rounds,
  );
  if (!start || all.length === 0) throw new Error('nothing was measured');
  const beyond = all.map(({ name, median: time }) => ({ name, time: Math.max(0, time - start.median) }));
  const middle = median(beyond.map(({ time }) => time));
  const slowest = beyond.reduce((one, other) => (one.time >= other.time ? one : other));
  return [
    {
      what: `\`slipway detect\` on ${all.length} fixtures, beyond \`slipway detect\` in an empty directory (${start.median.toFixed(0)} ms)`,
      measured: `median ${middle.toFixed(0)} ms; slowest ${slowest.time.toFixed(0)} ms (${slowest.name})`,
      ratio: ((start.median + middle) / start.median).toFixed(2),
      aim: `median ≤ ${aim} ms`,
      met: middle <= aim,
    },
  ];
}

/** Milliseconds until it answers or refuses. */
function timeDetection(cli: string, directory: string): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [cli, 'detect', directory, '--json'], { encoding: 'utf8' });
  if (status !== 0 && (status === null || status < 20 || status > 29)) throw new Error(`${directory}: ${stderr}`);
  return performance.now() - start;
}
