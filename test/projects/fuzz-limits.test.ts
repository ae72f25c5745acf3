import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cliPath, makeWorkspace } from '../support/cli.js';
import { mutationsWith } from './fuzz-mutations.js';
import { writeTargets } from './fuzz-seeds.js';

/** The command line itself, in a process of its own: what a huge file costs beyond the same project without it. */
const limits = { milliseconds: 1000, megabytes: 200 };

const workspace = makeWorkspace();
afterAll(() => workspace.remove());

const mutations = mutationsWith(join(workspace.path, 'outside.txt'));
const targets = writeTargets(workspace.path);

/** Those that cost the most, and the files they are meant for. */
const heaviest: Readonly<Record<string, RegExp>> = {
  '10 MB of itself': /^/,
  '10 MB of lines': /^/,
  '10 MB of short keys': /^/,
  'YAML anchors that grow': /\.ya?ml$/,
  'XML entities that grow': /\.xml$/,
  'deep objects': /json|\.ya?ml|\.lock$/,
  'deep blocks': /gradle|\.kts$|\.[a-z]{2,6}$/,
};

describe('a process that meets a hostile file', () => {
  it.each(Object.entries(heaviest))(
    'takes at most a second and 200 MB more: %s',
    (name, meant) => {
      const mutate = mutations[name] ?? expect.fail();
      const over: string[] = [];
      for (const { directory, files } of targets) {
        const usual = costOf(directory);
        for (const file of files.filter((path) => meant.test(path))) {
          const path = join(directory, file);
          const before = readFileSync(path);
          writeFileSync(path, mutate(before));
          const cost = costOf(directory);
          writeFileSync(path, before);
          const [time, memory] = [cost.milliseconds - usual.milliseconds, cost.megabytes - usual.megabytes];
          if (time > limits.milliseconds || memory > limits.megabytes)
            over.push(`${file}: ${Math.round(time)} ms, ${Math.round(memory)} MB`);
        }
      }
      expect(over).toEqual([]);
    },
    600_000,
  );
});

const measure = `data:text/javascript,${encodeURIComponent(`process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  process.stderr.write('\\ncost ' + JSON.stringify([maxRSS / 1000, (userCPUTime + systemCPUTime) / 1000]));
})`)}`;

/** Processor time and peak memory of `slipway detect`, which must end in an answer or a refusal. */
function costOf(directory: string): { readonly megabytes: number; readonly milliseconds: number } {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', measure, cliPath, 'detect', directory, '--json'],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  expect(status === 0 || (status !== null && status >= 10 && status <= 29), stderr.slice(0, 2000)).toBe(true);
  const [megabytes = Number.NaN, milliseconds = Number.NaN] = JSON.parse(
    stderr.slice(stderr.lastIndexOf('cost ') + 5),
  ) as readonly number[];
  return { megabytes, milliseconds };
}
