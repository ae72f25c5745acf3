import { describe, expect, it } from 'vitest';
import {
  cutTo,
  plain,
  renderLines,
  screenOf,
  strong,
  visible,
  widthOf,
  wrapWords,
} from '../../../src/cli/explain/screen.js';

describe('screenOf', () => {
  it('has colours on a terminal alone, unless somebody forbids them', () => {
    const terminal = { isTTY: true, columns: 80 };
    expect(screenOf(terminal, {})).toEqual({ width: 80, color: true });
    expect(screenOf(terminal, { NO_COLOR: '1' })).toEqual({ width: 80, color: false });
    expect(screenOf(terminal, { NO_COLOR: '' })).toEqual({ width: 80, color: true });
    expect(screenOf(terminal, { TERM: 'dumb' })).toEqual({ width: 80, color: false });
    expect(screenOf({ columns: 300 }, {})).toEqual({ width: 100, color: false });
  });

  it('is neither too narrow to say anything nor too wide to read', () => {
    expect(screenOf({ isTTY: true, columns: 10 }, {}).width).toBe(40);
    expect(screenOf({ isTTY: true, columns: 400 }, {}).width).toBe(120);
  });
});

describe('renderLines', () => {
  const lines = [[strong('a'), plain(' long line')], [], [plain('b  ')]];
  it('cuts each line to the width', () => {
    expect(renderLines(lines, { width: 8, color: false })).toBe('a long …\n\nb\n');
  });
  it('paints what is strong', () => {
    expect(renderLines(lines, { width: 80, color: true })).toBe('\u001b[1ma\u001b[0m long line\n\nb\n');
  });
});

describe('the width of a text', () => {
  it('counts what a terminal draws', () => {
    expect(['abc', '日本', 'é', '🚀', ''].map(widthOf)).toEqual([3, 4, 1, 2, 0]);
  });
  it('is kept when a text is cut, even between wide characters', () => {
    expect([cutTo('abcdef', 4), cutTo('日本語', 4), cutTo('abc', 3), cutTo('abc', 0)]).toEqual([
      'abc…',
      '日…',
      'abc',
      '',
    ]);
  });
});

it('words are wrapped, and a word that is too long stays whole', () => {
  expect(wrapWords('one two three-and-more four', 8)).toEqual(['one two', 'three-and-more', 'four']);
});

it('control and direction-changing characters are spelt out', () => {
  expect(visible('a\tb\u001b[0m\r\n\u202e\u00ad\u{e0041}')).toBe('a b\\u001b[0m\\u000d\\u000a\\u202e\\u00ad\\u{e0041}');
});
