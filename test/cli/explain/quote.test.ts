import { describe, expect, it } from 'vitest';
import { quoteEvidence, quotePlace } from '../../../src/cli/explain/quote.js';
import { memoryTree } from '../../support/memory-tree.js';

const tree = memoryTree({
  'pom.xml': '<project>\r\n  <java.version>17</java.version>\r\n</project>\r\n',
  'application.yml': 'server:\n\n  \u001b[31mport: 8080\u202e\tx\n',
  'slipway.yml': 'name: a\nport: 7000\n',
  'package.json': `{"config":{"password":"hunter2"},"filler":"${'x'.repeat(9_000)}","engines":{"node":">=22"},"secret":"${'y'.repeat(5_000)}"}`,
});

describe('quoteEvidence', () => {
  it('quotes the line, whatever ends it', () => {
    expect(quoteEvidence(tree, { file: 'pom.xml', line: 2, because: '' })).toEqual({
      place: 'pom.xml:2',
      text: '<java.version>17</java.version>',
    });
  });

  it('spells out what would move a cursor or turn the text', () => {
    expect(quoteEvidence(tree, { file: 'application.yml', line: 3, because: '' })?.text).toBe(
      '\\u001b[31mport: 8080\\u202e x',
    );
  });

  it('shows of a very long line what is around the value, and no secret of it', () => {
    const quote = quoteEvidence(tree, { file: 'package.json', line: 1, because: '' }, '>=22');
    expect(quote?.text?.slice(0, 80)).toBe(`…${'x'.repeat(9)}","engines":{"node":">=22"},"secret":"***"`);
    expect(quoteEvidence(tree, { file: 'package.json', line: 1, because: '' })?.text).not.toContain('hunter2');
  });

  it('finds a setting by the place that its clause names', () => {
    expect(quoteEvidence(tree, { because: 'set by slipway.yml:2' })).toEqual({
      place: 'slipway.yml:2',
      text: 'port: 7000',
    });
  });

  it('has the place alone where there is no such line, or nothing on it', () => {
    expect(quoteEvidence(tree, { file: 'pom.xml', line: 99, because: '' })).toEqual({ place: 'pom.xml:99' });
    expect(quoteEvidence(tree, { file: 'application.yml', line: 2, because: '' })).toEqual({
      place: 'application.yml:2',
    });
    expect(quoteEvidence(tree, { file: 'pom.xml', because: '' })).toEqual({ place: 'pom.xml' });
    expect(quoteEvidence(tree, { because: 'the default' })).toBeUndefined();
  });
});

it('a place in a failure is quoted, and a text that is no place is not', () => {
  expect(quotePlace(tree, 'pom.xml:1')).toEqual({ place: 'pom.xml:1', text: '<project>' });
  for (const where of ['pom.xml', 'java.module', 'none.xml:1', 'https://example.com:80'])
    expect(quotePlace(tree, where)).toBeUndefined();
});
