import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseXml } from '../../src/formats/xml.js';

test('elements keep their line, text, attributes and order', () => {
  const text =
    '\uFEFF<?xml version="1.0"?>\r\n<a x="1">\r\n  <p:b\r\n    y="2">t<![CDATA[<c>]]></p:b>\r\n  <b/>\r\n</a>';
  expect(parseXml(text)).toEqual({
    name: 'a',
    line: 2,
    text: '\n  \n  \n',
    attributes: { x: '1' },
    children: [
      { name: 'b', line: 3, text: 't<c>', attributes: { y: '2' }, children: [] },
      { name: 'b', line: 5, text: '', attributes: {}, children: [] },
    ],
  });
});

test('the five predefined entities and character references are resolved', () => {
  expect(parseXml('<a>&lt;&amp;&gt;&quot;&apos;&#65;</a>').text).toBe('<&>"\'A');
});

test('an entity that a DTD declares is an error and is never expanded', () => {
  const bomb = `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(50)}"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY d SYSTEM "file:///etc/passwd">]>\n<a>&c;&d;</a>`;
  expect(() => parseXml(bomb)).toThrow(new SyntaxError('undefined entity at line 2'));
});

test('a DTD whose entities are not used is skipped', () => {
  expect(parseXml('<!DOCTYPE a SYSTEM "http://example.com/a.dtd" [<!ENTITY b "x">]><a>t</a>').text).toBe('t');
});

test.each([
  ['', 'document must contain a root element at line 1'],
  ['<a>\n<b></a>', 'unexpected close tag at line 2'],
  ['<a>\n', 'unclosed tag: a at line 2'],
  ['<a x="1" x="2"/>', 'duplicate attribute: x at line 1'],
])('%j is refused with its line', (text, message) => {
  expect(() => parseXml(text)).toThrow(SyntaxError);
  expect(() => parseXml(text)).toThrow(message);
});

test('nesting without end and a text without end are refused', () => {
  expect(() => parseXml('<a>'.repeat(100_000))).toThrow('elements nested deeper than 200 at line 1');
  expect(() => parseXml(`<a>${'x'.repeat(2_000_000)}</a>`)).toThrow('more than 2000000 characters');
});

test('a member of Object.prototype is an ordinary attribute and element name', () => {
  const { attributes, children } = parseXml('<a constructor="c"><__proto__>p</__proto__></a>');
  expect(attributes).toEqual({ constructor: 'c' });
  expect(children.map((child) => [child.name, child.text])).toEqual([['__proto__', 'p']]);
});

test('any text is an element tree or a SyntaxError', () => {
  const unit = fc.constantFrom(
    '<',
    '>',
    '/',
    'a',
    ' ',
    '"',
    '=',
    '&',
    ';',
    '!',
    '[',
    ']',
    '-',
    '?',
    '\n',
    'CDATA',
    '\0',
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
      try {
        expect(parseXml(text).name).not.toBe('');
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
      }
    }),
    { numRuns: 500 },
  );
});
