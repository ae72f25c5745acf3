import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseProperties } from '../../src/formats/properties.js';

test('the three separators, comments and blank lines are read as Java reads them', () => {
  const text = '# a comment\n! another\n\na=1\nb: 2\nc 3\n  d  =  4 \ne\nf=\n';
  expect(parseProperties(text)).toEqual([
    { key: 'a', value: '1', line: 4 },
    { key: 'b', value: '2', line: 5 },
    { key: 'c', value: '3', line: 6 },
    { key: 'd', value: '4 ', line: 7 },
    { key: 'e', value: '', line: 8 },
    { key: 'f', value: '', line: 9 },
  ]);
});

test('a continued value is one property on the line of its key', () => {
  expect(parseProperties('a=one,\\\r\n   two\r\nb=ends with \\\\\r\nc=3')).toEqual([
    { key: 'a', value: 'one,two', line: 1 },
    { key: 'b', value: 'ends with \\', line: 3 },
    { key: 'c', value: '3', line: 4 },
  ]);
});

test('escapes in keys and values are undone and a malformed one is kept', () => {
  expect(parseProperties('\uFEFFa\\:b\\=c\\ d=\\u00e9\\t\\x\\u12')).toEqual([
    { key: 'a:b=c d', value: 'é\txu12', line: 1 },
  ]);
});

test('a file that ends in the middle of a continuation is read to its end', () => {
  expect(parseProperties('a=1\\')).toEqual([{ key: 'a', value: '1', line: 1 }]);
});

test('any text is read without an error, and lines stay within the text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '=', ':', ' ', '\\', 'u', '0', '\n', '\r', '#', '!') }),
      (text) => {
        const lines = text.split(/\r\n|\n|\r/).length;
        for (const property of parseProperties(text)) {
          expect(property.line).toBeGreaterThanOrEqual(1);
          expect(property.line).toBeLessThanOrEqual(lines);
        }
      },
    ),
  );
});
