import { describe, expect, it } from 'vitest';
import { parseJsonTree } from '../../src/formats/json-tree.js';
import { newValueOf } from '../../src/formats/new-value.js';
import type { PlainValue, TextTree, TreePath } from '../../src/formats/text-tree.js';
import { setInTree } from '../../src/formats/tree-edit.js';
import { parseYamlTree } from '../../src/formats/yaml-tree.js';

function yaml(text: string, path: TreePath, value: PlainValue, root = 0): string {
  return set(parseYamlTree('a.yml', text), path, value, root);
}

function json(text: string, path: TreePath, value: PlainValue): string {
  return set(parseJsonTree('a.json', text), path, value, 0);
}

function set(tree: TextTree, path: TreePath, value: PlainValue, root: number): string {
  return setInTree(tree, root, path, newValueOf(value)).tree.text;
}

describe('setting a value in YAML', () => {
  it('keeps the quotes that are there, and adds them where the value needs them', () => {
    const text = 'a: x # c\nb: "x"\nc: \'x\'\n';
    expect(yaml(text, ['a'], 'w')).toBe('a: w # c\nb: "x"\nc: \'x\'\n');
    expect(yaml(text, ['b'], 'y"z')).toBe('a: x # c\nb: "y\\"z"\nc: \'x\'\n');
    expect(yaml(text, ['c'], "it's")).toBe("a: x # c\nb: \"x\"\nc: 'it''s'\n");
    const needy = [
      'true',
      'no',
      '12',
      '1:20',
      'a: b',
      'a #b',
      '',
      ' a',
      '- a',
      '{a',
      '*a',
      '1e3',
      '2026-01-01',
      'a\nb',
    ];
    expect(needy.map((each) => yaml('a: x\n', ['a'], each))).toEqual(
      needy.map((each) => `a: ${JSON.stringify(each)}\n`),
    );
    expect(yaml('a: {b: x}\n', ['a', 'b'], 'c,d')).toBe('a: {b: "c,d"}\n');
  });

  it('adds a key to a block map behind its last value, before what follows', () => {
    expect(yaml('a:\n    b: 1 # c\n    # d\n\nz: 1', ['a', 'c'], 'x')).toBe(
      'a:\n    b: 1 # c\n    c: x\n    # d\n\nz: 1',
    );
    expect(yaml('a:\r\n  b: 1', ['a', 'c'], 2)).toBe('a:\r\n  b: 1\r\n  c: 2');
    expect(yaml('a:\n  - b: 1\n    d: [1]\n', ['a', 0, 'c'], 2)).toBe('a:\n  - b: 1\n    d: [1]\n    c: 2\n');
    expect(yaml('a:\n  b: |\n    x\n\n\nz: 1\n', ['a', 'c'], 2)).toBe('a:\n  c: 2\n  b: |\n    x\n\n\nz: 1\n');
    expect(yaml('\uFEFFa: 1\n', ['b'], 2)).toBe('\uFEFFa: 1\nb: 2\n');
    expect(yaml('x: &x {k: 1}\na:\n  b: 1\n  <<: *x\n', ['a', 'c'], 2)).toBe(
      'x: &x {k: 1}\na:\n  b: 1\n  <<: *x\n  c: 2\n',
    );
  });

  it('adds the maps that lead to a key', () => {
    expect(yaml('a:\n   b: 1\n', ['a', 'c', 'd', 'e'], 'x')).toBe('a:\n   b: 1\n   c:\n      d:\n         e: x\n');
    expect(yaml('a: # why\nz: 1\n', ['a', 'c'], 'x')).toBe('a: # why\n  c: x\nz: 1\n');
    expect(yaml('a: # why\nz: 1\n', ['a'], 'x')).toBe('a: x # why\nz: 1\n');
    expect(yaml('a: ~\nz: 1\n', ['a', 'c'], 'x')).toBe('a: {c: x}\nz: 1\n');
    expect(yaml('a: {b: 1}', ['c', 'd'], ['x', { w: 1, z: [] }])).toBe(
      'a: {b: 1}\nc:\n  d:\n    - x\n    - w: 1\n      z: []',
    );
  });

  it('adds to flow maps and lists in their own style', () => {
    expect(yaml('a: {}\n', ['a', 'b'], 'x')).toBe('a: {b: x}\n');
    expect(yaml('a: { b: 1 }\n', ['a', 'c'], { d: 'e' })).toBe('a: { b: 1, c: { d: e } }\n');
    expect(yaml('a: ["x"]\n', ['a', 1], 'y')).toBe('a: ["x", "y"]\n');
    expect(yaml('a: [\n  x,\n  y\n]\n', ['a', 2], 'z')).toBe('a: [\n  x,\n  y,\n  z\n]\n');
  });

  it('adds an item to a block list, and replaces a whole one', () => {
    expect(yaml('a:\n-   A=1 # c\nz: 1\n', ['a', 1], 'B=2')).toBe('a:\n-   A=1 # c\n-   B=2\nz: 1\n');
    expect(yaml('a:\n- name: A\n  value: x\n', ['a', 1], { name: 'B', value: '1' })).toBe(
      'a:\n- name: A\n  value: x\n- name: B\n  value: "1"\n',
    );
    expect(yaml('a:\n  - x\n  - y\nz: 1\n', ['a'], ['p', 'q', 'r'])).toBe('a:\n  - p\n  - q\n  - r\nz: 1\n');
    expect(yaml('a:\n- x\nz: 1\n', ['a'], { b: 1 })).toBe('a: {b: 1}\nz: 1\n');
    expect(yaml('a:\n- x\nz: 1\n', ['a'], [])).toBe('a: []\nz: 1\n');
    expect(yaml('a: 1\nz: 1\n', ['a'], ['x'])).toBe('a: [x]\nz: 1\n');
  });

  it('changes one document of several', () => {
    expect(yaml('a: 1\n---\na: 1\n...\n---\na: 1\n', ['a'], 2, 1)).toBe('a: 1\n---\na: 2\n...\n---\na: 1\n');
  });

  it('tells what else changes through an alias or a merge key', () => {
    const tree = parseYamlTree('a.yml', 'd: &d {i: 1}\na: *d\nb: {<<: *d}\nc: {<<: *d, i: 3}\n');
    expect(setInTree(tree, 0, ['a', 'i'], newValueOf(2)).shared).toEqual([
      ['d', 'i'],
      ['b', 'i'],
    ]);
  });

  it('refuses what it cannot prove', () => {
    expect(() => yaml('a: &x\n', ['a'], 'y')).toThrow('cannot be set');
    expect(() => yaml('a: 1\na: 2\n', ['a'], 3)).toThrow('written twice');
    expect(() => yaml('a: |\n  x\n', ['a'], 'y')).toThrow('several lines');
  });
});

describe('setting a value in JSON', () => {
  it('replaces a value and leaves numbers, tabs and line ends as they are', () => {
    expect(json('\uFEFF{\r\n\t"a": 200.0,\r\n\t"b":"x\\/y" }', ['b'], 'z/"')).toBe(
      '\uFEFF{\r\n\t"a": 200.0,\r\n\t"b":"z/\\"" }',
    );
  });

  it("adds members in the file's own style", () => {
    expect(json('{"a":1}', ['b'], 'x')).toBe('{"a":1,"b":"x"}');
    expect(json('{ "a": 1 }', ['b'], { c: [1, 2] })).toBe('{ "a": 1, "b": {"c": [1, 2]} }');
    expect(json('{\n\t"a": 1 // why\n}\n', ['b'], [])).toBe('{\n\t"a": 1, // why\n\t"b": []\n}\n');
    expect(json('{\n  "a": {}\n}\n', ['a', 'b', 'c'], 1)).toBe(
      '{\n  "a": {\n    "b": {\n      "c": 1\n    }\n  }\n}\n',
    );
    expect(json('{\n  "a": null\n}\n', ['a', 'b'], 1)).toBe('{\n  "a": {\n    "b": 1\n  }\n}\n');
    expect(json('[\n  1\n , 2\n]', [2], 3)).toBe('[\n  1\n , 2\n , 3\n]');
    expect(json('{\n  "a": [\n    1\n  ]\n}\n', ['a'], ['x', { y: 1 }])).toBe(
      '{\n  "a": [\n    "x",\n    {\n      "y": 1\n    }\n  ]\n}\n',
    );
  });
});

describe('templates with placeholders', () => {
  it('are edited around them', () => {
    const text =
      '{\n  "a": <%= it.n %>,\n  "u": "<%= it["x"] %>",<% if (it.y) { %>\n  "c": [${X}, %{y}],<% } %>\n  "d": "x"\n}\n';
    expect(json(text, ['d'], 'y')).toBe(text.replace('"x"\n', '"y"\n'));
    const mustache = '[{{#apps}}{"id":"{{id}}","i":{{n}}}{{^last}},{{/last}}{{/apps}}]';
    expect(json(mustache, [0, 'id2'], 'y')).toBe(mustache.replace('{{n}}', '{{n}},"id2":"y"'));
    const helm =
      'a: {{ .Values.a }}\n{{- if .Values.b }}\nb:\n  {{- toYaml .Values.b | nindent 2 }}\n{{- end }}\nc: "{{ x }}"\nd: %%D%%\ne: 1\n';
    expect(yaml(helm, ['e'], 2)).toBe(helm.replace('e: 1', 'e: 2'));
  });

  it('refuse to have a placeholder replaced, or a key added among control blocks', () => {
    expect(() => yaml('a: ${A:-1}\n', ['a'], 'y')).toThrow("'a' is filled in by a placeholder (${A:-1})");
    expect(() => json('{"a": {<% if (x) { %>"b": 1<% } %>}}', ['a', 'c'], 'y')).toThrow('control blocks');
  });

  it('say where they are broken all the same', () => {
    expect(() => parseJsonTree('a.json', '{\n"a": ${X},\n"b" 1}')).toThrow(
      expect.objectContaining({ code: 'deploy.template-invalid', where: 'a.json:3' }),
    );
  });
});
