import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { cliPath, makeWorkspace } from '../support/cli.js';
import { hugeMutations } from './fuzz-mutations.js';
import { writeTargets } from './fuzz-seeds.js';

/** What a huge file may cost, in processor time and memory beyond the same project without it. */
const limits = { milliseconds: 1000, megabytes: 200 };

const workspace = makeWorkspace();
afterAll(() => workspace.remove());

const targets = writeTargets(join(workspace.path, 'command'));

interface Cost {
  readonly milliseconds: number;
  readonly megabytes: number;
}

it('every huge file ends in an answer or a refusal within a second, all of them in one process within 200 MB', () => {
  const child = spawnSync(
    process.execPath,
    ['scripts/run.mjs', 'test/projects/fuzz-limits-child.ts', join(workspace.path, 'child')],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  expect(child.status, child.stderr.slice(-2000)).toBe(0);
  const costs = JSON.parse(child.stdout) as readonly (Cost & { readonly what: string; readonly code: string })[];
  expect(costs.length).toBeGreaterThan(1000);
  const isOver = ({ milliseconds, megabytes }: Cost) =>
    milliseconds > limits.milliseconds || megabytes > limits.megabytes;
  expect(
    costs.filter((cost) => isOver(cost) || !/^(answer$|detect\.|settings\.)/.test(cost.code)).slice(0, 20),
  ).toEqual([]);
}, 3_600_000);

/** One of each way to read: a tree of elements, of values, lines, blocks, tokens, and a lockfile. */
const samples = ['pom.xml', 'package.json', 'pnpm-lock.yaml', 'app/build.gradle', 'go.work', 'lib/lib.go', 'mise.toml'];

it.each(samples)('the command line itself stays within both limits with a huge %s', (file) => {
  const target = targets.find(({ files }) => files.includes(file));
  if (!target) return expect.unreachable(`no target reads ${file}`);
  const path = join(target.directory, file);
  const before = readFileSync(path);
  const usual = costOf(target.directory);
  for (const name of ['1 MB of itself', '10 MB of itself']) {
    writeFileSync(path, hugeMutations[name]?.(before) ?? expect.fail());
    const cost = costOf(target.directory);
    expect(cost.milliseconds - usual.milliseconds, name).toBeLessThan(limits.milliseconds);
    expect(cost.megabytes - usual.megabytes, name).toBeLessThan(limits.megabytes);
  }
  writeFileSync(path, before);
});

const measure = `data:text/javascript,${encodeURIComponent(`process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  process.stderr.write('\\ncost ' + JSON.stringify([maxRSS / 1000, (userCPUTime + systemCPUTime) / 1000]));
})`)}`;

/** Processor time and peak memory of `slipway detect`, which must end in an answer or a refusal. */
function costOf(directory: string): Cost {
  const args = ['--import', measure, cliPath, 'detect', directory, '--json'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  expect(status === 0 || (status !== null && status >= 10 && status <= 29), stderr.slice(0, 2000)).toBe(true);
  const [megabytes = Number.NaN, milliseconds = Number.NaN] = JSON.parse(
    stderr.slice(stderr.lastIndexOf('cost ') + 5),
  ) as readonly number[];
  return { megabytes, milliseconds };
}
