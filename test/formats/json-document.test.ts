import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JsonNode, jsonAt, jsonElements, jsonText, parseJsonDocument } from '../../src/formats/json-document.js';

function plain({ value }: JsonNode): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, inner]) => [key, plain(inner)]));
  return Array.isArray(value) ? value.map((inner: JsonNode) => plain(inner)) : value;
}

test('any JSON is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(JSON.stringify(plain(parseJsonDocument(text)))).toBe(JSON.stringify(JSON.parse(text)));
    }),
  );
});

test('what JSON.parse refuses is refused, with the line', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(40), fc.string(), (text, at, piece) => {
      const broken = text.slice(0, at) + piece;
      let valid = true;
      try {
        JSON.parse(broken);
      } catch {
        valid = false;
      }
      if (valid) expect(() => parseJsonDocument(broken)).not.toThrow();
      else expect(() => parseJsonDocument(broken)).toThrow(SyntaxError);
    }),
  );
  expect(() => parseJsonDocument('{\n"a": 1,\n}')).toThrow(/ at line 3$/);
  expect(() => parseJsonDocument('['.repeat(200_000))).toThrow(SyntaxError);
});

test('a member has the line of its key, an element its own', () => {
  const root = parseJsonDocument('{\r\n "a": {\n  "b":\n "x"\n },\n "list": [\n  1,\n  {"c": 2}\n ]\n}');
  expect(jsonAt(root, 'a', 'b')).toEqual({ line: 3, value: 'x' });
  expect(jsonElements(jsonAt(root, 'list')).map((one) => one.line)).toEqual([7, 8]);
  expect([jsonText(root, 'a', 'b'), jsonText(root, 'a'), jsonText(root, 'a', 'b', 'c')]).toEqual([
    'x',
    undefined,
    undefined,
  ]);
});

test('of the outermost members only those that are wanted are kept, whatever the others hold', () => {
  const text = '{"skip":{"a":[{"x":1}]},"keep":{"skip":[1]},"n":[2],"skip2":"s"}';
  expect(plain(parseJsonDocument(text, { members: ['keep'] }))).toEqual({ keep: { skip: [1] } });
});

test('a key that is there twice has its last value; names of Object.prototype are names', () => {
  const root = parseJsonDocument('{"a":1,\n"a":2,"__proto__":{"constructor":3}}');
  expect(jsonAt(root, 'a')).toEqual({ line: 2, value: 2 });
  expect(jsonAt(root, '__proto__', 'constructor')?.value).toBe(3);
  expect(jsonAt(root, 'toString')).toBeUndefined();
});

test('comments and trailing commas are read only where they are allowed', () => {
  const text = '{ // one\n "a": 1, /* two */ }';
  expect(plain(parseJsonDocument(text, { relaxed: true }))).toEqual({ a: 1 });
  expect(() => parseJsonDocument(text)).toThrow(SyntaxError);
});
