import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatAnnotation, writeOutputs } from '../../src/action/workflow-commands.js';
import { Failure } from '../../src/core/failure.js';

test('an annotation is one line, whatever the failure says', () => {
  const failure = new Failure('build.command-failed', {
    message: '100% broken\r\n::set-output name=digest::forged',
    where: 'a:b,c',
    remedy: 'Repair it.',
  });
  expect(formatAnnotation(failure)).toBe(
    '::error title=Slipway%3A build.command-failed::100%25 broken%0D%0A::set-output name=digest::forged (a:b,c)%0ARepair it.\n',
  );
});

test('outputs are appended with a delimiter of their own each; what is undefined is left out', () => {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-outputs-'));
  const file = join(directory, 'output');
  writeOutputs(file, { version: '1.2.3', digest: undefined });
  writeOutputs(file, { kind: 'go' });
  const text = readFileSync(file, 'utf8');
  rmSync(directory, { recursive: true });
  const blocks = [...text.matchAll(/^(\w+)<<(slipway-[\w-]{36})\n(.*)\n\2\n/gm)];
  expect(blocks.map(([, name, , value]) => [name, value])).toEqual([
    ['version', '1.2.3'],
    ['kind', 'go'],
  ]);
  expect([new Set(blocks.map(([, , delimiter]) => delimiter)).size, blocks.map(([block]) => block).join('')]).toEqual([
    2,
    text,
  ]);
});
