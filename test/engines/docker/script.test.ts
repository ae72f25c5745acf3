import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quoteWord, renderScript } from '../../../src/engines/docker/script.js';
import { explainFailure, fullDisk, ScriptReader } from '../../../src/engines/docker/script-report.js';

test('any word comes out of a shell as it went in', () => {
  const word = fc
    .string({ unit: 'binary' })
    .filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
      const script = `printf '%s\\0' ${words.map(quoteWord).join(' ')}`;
      expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(words);
    }),
    { numRuns: 60 },
  );
});

test('a script is valid POSIX sh whatever the names in it are', () => {
  const name = fc
    .string({ minLength: 1 })
    .filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text);
  fc.assert(
    fc.property(name, name, fc.array(name, { minLength: 1 }), (from, to, argv) => {
      const outputs = [{ from, to, type: 'file' } as const];
      const probe = { token: 'ab', files: [from], sha256: 'cd' };
      const plan = {
        steps: [{ title: 't', argv }],
        outputs,
        links: [{ from: `/${from}`, to }],
        probe,
        sources: true,
        oddNames: false,
      };
      const { status, stderr } = spawnSync('sh', ['-n'], { input: renderScript(plan, 'nonce'), encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    }),
    { numRuns: 60 },
  );
});

test('marks are taken out of the output, also behind a line that was not ended', () => {
  const [lines, steps]: [string[], number[]] = [[], []];
  const reader = new ScriptReader(
    'n1',
    (index) => steps.push(index),
    (line) => lines.push(line),
  );
  for (const line of [
    '\u001eslipway:n1 step 0',
    'hello',
    'no end\u001eslipway:n1 step 1',
    '\u001eslipway:n2 step 7',
    '',
    '\u001eslipway:n1 done',
  ]) {
    reader.read(line);
  }
  expect({ lines, steps, report: reader.report }).toEqual({
    lines: ['hello', 'no end', '\u001eslipway:n2 step 7', ''],
    steps: [0, 1],
    report: { step: 1, phase: undefined, missing: [], fullDisk: undefined, done: true, foreign: false },
  });
});

test('a disk is full when it has no room for a build, and pseudo file systems are none', () => {
  const full = [
    'overlay 263174212 20000000 76000000 21% /',
    'tmpfs 65536 65536 0 100% /dev/shm',
    'tmpfs 0 0 0 - /sys/firmware',
    'shm 64 64 0 100% /tiny',
    'Filesystem 1024-blocks Used Available Capacity Mounted on',
    '/dev/vda 263174212 263174212 -20 101% /var/a b',
  ].map(fullDisk);
  expect(full).toEqual([undefined, '/dev/shm', undefined, undefined, undefined, '/var/a b']);
});

test('a command that was killed is said to have been', () => {
  const report = { step: 0, phase: 'step', missing: [], fullDisk: undefined, done: false, foreign: false } as const;
  const plan = { steps: [{ title: 'mvn package', argv: [] }], outputs: [], image: 'maven:3' };
  expect(explainFailure(report, 137, plan, ['last'])).toMatchObject({
    code: 'build.command-failed',
    message: 'mvn package ended with exit code 137 (killed: out of memory?)',
    where: 'maven:3',
    lastLines: ['last'],
  });
});
