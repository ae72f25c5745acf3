import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Hints } from '../../../src/core/project.js';
import { node } from '../../../src/projects/node/index.js';
import { initPath, initSteps } from '../../../src/projects/node/init.js';
import { memoryTree } from '../../support/memory-tree.js';

function initOf(source: string, manifest: object = {}, hints: Hints = {}) {
  const whole = { scripts: { start: 'node x.js' }, ...manifest };
  return node.detect(memoryTree({ 'package.json': JSON.stringify(whole), 'x.js': source }), hints)?.facts['node.init'];
}

describe('what is seen to handle SIGTERM is process 1 itself', () => {
  test.each([
    "process.on('SIGTERM', stop)",
    'process.once("SIGTERM", () => server.close())',
    "for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop)",
    'app.enableShutdownHooks();',
    "import closeWithGrace from 'close-with-grace';",
  ])('%s', (source) => {
    expect(initOf(`\n${source}`)).toEqual({
      value: false,
      from: [{ file: 'x.js', line: 2, because: 'SIGTERM is handled' }],
      rejected: [],
    });
  });

  test('a framework whose server does so is known', () => {
    const next = { scripts: { start: 'next start' }, dependencies: { next: '15' } };
    expect(initOf('', next)?.value).toBe(false);
  });
});

describe('anything else gets an init', () => {
  test.each([
    'app.listen(3000)',
    "// process.on('SIGTERM', stop)",
    "child.kill('SIGTERM')",
    "process.on('uncaughtException', log); child.kill('SIGTERM')",
    "process.on('SIGINT', stop)",
  ])('%s', (source) => {
    expect(initOf(source)?.value).toBe(true);
  });

  test('also what a shell runs before the service, though the service handles it', () => {
    const scripts = { start: 'node x.js && node x.js' };
    expect(initOf("process.on('SIGTERM', stop)", { scripts })?.value).toBe(true);
  });

  test('unless a person decides', () => {
    expect(initOf('', {}, { 'node.init': { value: false, origin: '--set' } })?.value).toBe(false);
  });
});

describe('the init', () => {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-init-'));
  const init = join(directory, '.slipway-out', initPath);

  beforeAll(() => {
    for (const step of initSteps())
      if ('script' in step) execFileSync('sh', ['-euc', step.script.join(' && ')], { cwd: directory });
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  /** Run a program of node below the init, signal the init once the program is up; exit code and output. */
  async function run(program: string, signal?: NodeJS.Signals): Promise<readonly [number | null, string]> {
    const child = spawn(init, ['node', '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end('typed');
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
      if (signal && output.includes('up')) child.kill(signal);
    });
    const [code] = await once(child, 'close');
    return [code as number | null, output.trim()];
  }

  const waits = 'console.log("up"); setInterval(() => {}, 1000);';

  test('ends a program that does not handle a signal', async () => {
    expect(await run(waits, 'SIGTERM')).toEqual([143, 'up']);
    expect(await run(waits, 'SIGINT')).toEqual([130, 'up']);
  });

  test("lets a program end in its own time, and ends with the program's exit code", async () => {
    const handles = `process.on("SIGTERM", () => setTimeout(() => { console.log("bye"); process.exit(7); }, 300));${waits}`;
    expect(await run(handles, 'SIGTERM')).toEqual([7, 'up\nbye']);
    expect(await run('process.exit(3)')).toEqual([3, '']);
  });

  test('gives the program what is typed', async () => {
    expect(await run('process.stdin.pipe(process.stdout)')).toEqual([0, 'typed']);
  });
});
