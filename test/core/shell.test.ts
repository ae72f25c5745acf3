import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteShell, quoteShellCommand } from '../../src/core/shell.js';

/** What a command run by a real `sh -c` sees as its arguments. */
function argumentsSeen(command: string): readonly string[] {
  const printed = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  expect(printed.stderr).toBe('');
  return printed.stdout.split('\0').slice(0, -1);
}

const hostilePart = fc.constantFrom(
  "'",
  '"',
  '\\',
  '\n',
  '\r',
  '$(touch x)',
  '`id`',
  '$' + '{IFS}',
  ';',
  '&&',
  '|',
  '>',
  '<<EOF',
  '*',
  '?',
  '[a]',
  '~',
  '#',
  '!',
  '-n',
  ' ',
  '\t',
  '\u2028',
  'ä',
  'A=b',
  '=',
  '{a,b}',
);
const hostileText = fc.oneof(
  fc.array(hostilePart, { maxLength: 8 }).map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
);

describe('quoteShell', () => {
  it('gives a command exactly the elements of the argv, whatever characters they hold', () => {
    fc.assert(
      fc.property(fc.array(hostileText, { minLength: 1, maxLength: 6 }), (argv) => {
        const command = `printf '%s\\0' ${argv.map(quoteShell).join(' ')}`;
        expect(argumentsSeen(command)).toEqual(argv);
      }),
      { numRuns: 120 },
    );
  });

  it('never lets a first element become an assignment or a reserved word', () => {
    const command = quoteShellCommand(['printf', '%s\\0', 'A=b', 'if']);
    expect(argumentsSeen(command)).toEqual(['A=b', 'if']);
    expect(spawnSync('sh', ['-c', quoteShellCommand(['A=b', 'x'])]).status).toBe(127);
    expect(spawnSync('sh', ['-c', quoteShellCommand(['if'])]).status).toBe(127);
  });

  it('leaves a plain word as a person would write it', () => {
    expect(quoteShellCommand(['go', 'build', '-o', './bin/app', 'a b', ''])).toBe("go build -o ./bin/app 'a b' ''");
  });

  it('refuses NUL', () => {
    expect(() => quoteShell('a\0b')).toThrow(expect.objectContaining({ code: 'detect.hostile' }));
  });
});
