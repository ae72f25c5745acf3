import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createProgress, type ProgressOptions, sanitiseLine } from '../../src/io/progress.js';

function record(options: Partial<ProgressOptions> = {}) {
  let written = '';
  let time = 0;
  const progress = createProgress({
    stream: { write: (text: string) => (written += text), columns: 20 },
    now: () => time,
    ...options,
  });
  return { progress, wait: (milliseconds: number) => (time += milliseconds), written: () => written };
}

test('a log has a heading for a stage, output below it, and warnings', () => {
  const { progress, written } = record();
  progress.step('build  golang:1.24');
  progress.output('compiling');
  progress.info('image of 12 MB');
  progress.warn('the work tree is dirty');
  expect(written()).toBe(
    '==> build  golang:1.24\n    compiling\n    image of 12 MB\nwarning: the work tree is dirty\n',
  );
});

test('colours are used when asked for', () => {
  const { progress, written } = record({ color: true });
  progress.step('build');
  progress.warn('x');
  expect(written()).toBe('\u001b[1m==> build\u001b[0m\n\u001b[33mwarning:\u001b[0m x\n');
});

test('quiet says nothing', () => {
  const { progress, written } = record({ quiet: true, tty: true });
  for (const say of [progress.step, progress.output, progress.status, progress.info, progress.warn]) say('x');
  progress.close();
  expect(written()).toBe('');
});

test('on a terminal a status replaces the one before, is cut to the width, and makes way for a line', () => {
  const { progress, written, wait } = record({ tty: true });
  progress.status('1/3 MB');
  wait(10);
  progress.status('too soon');
  wait(100);
  progress.status('2/3 MB of a long layer name');
  progress.output('pushed');
  progress.close();
  expect(written()).toBe('\r\u001b[2K    1/3 MB\r\u001b[2K    2/3 MB of a lon\r\u001b[2K    pushed\n');
});

test('in a log a status is a line, only of what takes longer than five seconds, and as often', () => {
  const { progress, written, wait } = record();
  progress.status('one');
  wait(4_999);
  progress.status('two');
  wait(1);
  progress.status('three');
  progress.step('next');
  progress.status('four');
  wait(5_000);
  progress.status('five');
  wait(5_000);
  progress.status('five');
  expect(written()).toBe('    three\n==> next\n    five\n');
});

test('a status that stands is removed at the end', () => {
  const { progress, written } = record({ tty: true });
  progress.status('x');
  progress.close();
  progress.close();
  expect(written()).toBe('\r\u001b[2K    x\r\u001b[2K');
});

test.each([
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b[2J\u001b[Hcleared', 'cleared'],
  ['\u001b]0;title\u0007text', 'text'],
  ['\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', 'link'],
  ['\u001bPq#0\u001b\\text', 'text'],
  ['\u009b31mred', 'red'],
  ['\u001bcreset', 'reset'],
  ['10%\r50%\r100%', '100%'],
  ['done\r\n', 'done'],
  ['a\tb', 'a  b'],
  ['a\nwarning: faked', 'warning: faked'],
  ['bell\u0007 null\u0000 backspace\b', 'bell null backspace'],
  ['right\u202eleft\u2028', 'rightleft'],
  ['unfinished \u001b[', 'unfinished '],
  ['größe 日本 👍', 'größe 日本 👍'],
  ['', ''],
])('%j is shown as %j', (line, shown) => {
  expect(sanitiseLine(line)).toBe(shown);
});

test('whatever a build prints, a line of it is one indented line without control characters', () => {
  const unit = fc.constantFrom(
    '\u001b',
    '[',
    ']',
    '0',
    ';',
    'm',
    '\r',
    '\n',
    '\u0007',
    '\u009b',
    '\u009d',
    '\\',
    'x',
    ' ',
    'é',
    '\u202e',
  );
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit }), fc.string({ unit: 'binary' })), (line) => {
      const { progress, written } = record();
      progress.output(line);
      expect(written()).toMatch(/^ {4}[^\p{Cc}\u202e\u2028]*\n$/u);
    }),
  );
});
