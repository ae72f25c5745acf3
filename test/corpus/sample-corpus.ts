import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Ended } from '../support/cli.js';
import { followToEnd } from '../support/ended.js';
import { writeFiles } from '../support/tiny-project.js';

type Files = Readonly<Record<string, string>>;

/** A Node service without dependencies, and what is different in it. */
export function service(server: string, manifest: object = {}, files: Files = {}): Files {
  const whole = { name: 'tiny', version: '1.0.0', engines: { node: '22' }, scripts: { start: 'node server.js' } };
  return {
    'package.json': JSON.stringify({ ...whole, ...manifest }),
    'package-lock.json': JSON.stringify({
      name: 'tiny',
      version: '1.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: { '': { name: 'tiny', version: '1.0.0' } },
    }),
    'server.js': server,
    ...files,
  };
}

/** A project that nothing starts. */
export const library: Files = { 'package.json': '{"name": "library", "version": "1.0.0"}' };

export const listening = `process.on('SIGTERM', () => process.exit());
require('http').createServer((q, s) => s.end('ok')).listen(3000);
`;

/** Write the projects of a corpus, by name. */
export function writeCorpus(directory: string, projects: Readonly<Record<string, Files>>): void {
  for (const [name, files] of Object.entries(projects)) {
    mkdirSync(join(directory, name), { recursive: true });
    writeFiles(join(directory, name), files);
  }
}

/** What may lie in a folder of strangers: links out and in a circle, a pipe, a repository elsewhere, deep directories. */
export function makeHostile(project: string, outside: string): void {
  symlinkSync(outside, join(project, 'out'));
  symlinkSync('.', join(project, 'circle'));
  symlinkSync(outside, join(project, 'go.mod'));
  execFileSync('mkfifo', [join(project, 'pipe')]);
  writeFileSync(join(project, '.git'), 'gitdir: ../../elsewhere\n');
  mkdirSync(join(project, ...Array.from({ length: 120 }, () => 'deep')), { recursive: true });
  writeFileSync(join(project, 'bytes\u0001 name'), Buffer.from([0, 255, 0]));
}

/** A command line that is ours, but for two projects: one meets a bug, one never ends. */
export function writeFaultyCli(file: string): void {
  const real = resolve('dist/cli/main.js');
  writeFileSync(
    file,
    `const directory = process.argv[3] ?? '';
if (directory.endsWith('/bug')) {
  console.error('slipway: This is a bug in Slipway: x is not a function');
  process.exit(70);
}
if (directory.endsWith('/endless')) setInterval(() => {}, 1000);
else {
  process.argv[1] = ${JSON.stringify(real)};
  await import(${JSON.stringify(real)});
}
`,
  );
}

/** Run the tool as `npm run corpus` does. */
export function runCorpus(
  args: readonly string[],
  temporary: string,
): {
  readonly pid: number | undefined;
  readonly ended: Promise<Ended>;
} {
  mkdirSync(temporary, { recursive: true });
  const child = spawn(process.execPath, ['scripts/run.mjs', 'test/corpus/corpus.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, INIT_CWD: process.cwd(), TMPDIR: temporary },
  });
  return { pid: child.pid, ended: followToEnd(child) };
}

/** Each project's outcome and the first line of why. */
export function outcomesOf(file: string): Readonly<Record<string, readonly [string, string]>> {
  const report = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly projects: readonly { readonly name: string; readonly outcome: string; readonly because: string }[];
  };
  return Object.fromEntries(
    report.projects.map(({ name, outcome, because }) => [name, [outcome, because.split('\n')[0] ?? '']]),
  );
}

/** Every name below a directory, sorted. */
export function namesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
}
