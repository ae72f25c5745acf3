import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { marathonTemplate } from '../../../src/targets/marathon/template.js';

const newImage = `registry.example.com/team/app:2.0.0@sha256:${'ab'.repeat(32)}`;
const oldImage = 'registry.example.com/team/app:1.0.0';
const mark = '\u0001';

/** Any JSON value, with keys that could mislead a rewriter that searches by text. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('200.0', '1e3', 'true', 'null', '"image"', `"${oldImage}"`, '"\\u00e9\\/"'),
    fc.array(tie('any') as fc.Arbitrary<string>, { maxLength: 3 }).map((items) => `[${items.join(' , ')}]`),
    fc
      .array(fc.tuple(fc.constantFrom('"image"', '"docker"', '"x"', '"image "'), tie('any') as fc.Arbitrary<string>), {
        maxLength: 3,
      })
      .map((pairs) => `{${pairs.map(([key, item]) => `${key}\t: ${item}`).join(',\n')}}`),
  ),
})).any as fc.Arbitrary<string>;

const app = fc.record({
  before: value,
  between: value,
  after: value,
  space: fc.constantFrom('', ' ', '\n\t', '\r\n  '),
});
const file = fc.record({
  apps: fc.array(app, { minLength: 1, maxLength: 5 }),
  shape: fc.constantFrom('app', 'list', 'group', 'nested'),
  bom: fc.boolean(),
  end: fc.constantFrom('', '\n', '\r\n'),
});

function writeApp(
  each: { before: string; between: string; after: string; space: string },
  index: number,
  image: string,
): string {
  const { space } = each;
  const docker = `{"network":${each.between},${space}"image"${space}:${space}"${image}"}`;
  return `{${space}"env":${each.before},"id":"app${index}",${space}"container":{"docker":${docker},"x":${each.after}}${space}}`;
}

function writeFile(plan: typeof file extends fc.Arbitrary<infer T> ? T : never, target: number): string {
  const single = plan.shape === 'app';
  const apps = (single ? plan.apps.slice(0, 1) : plan.apps).map((each, index) =>
    writeApp(each, index, index === target ? mark : oldImage),
  );
  const list = `[${apps.join(',\n')}]`;
  const shapes: Record<string, string> = {
    app: apps[0] ?? '',
    list,
    group: `{"id":"/g","apps":${list}}`,
    nested: `{"id":"/","groups":[{"id":"g","apps":${list},"groups":[]}]}`,
  };
  return (plan.bom ? '\uFEFF' : '') + shapes[plan.shape] + plan.end;
}

describe('rewriting a Marathon file', () => {
  it('changes the one image and no other byte, whatever the formatting', () => {
    fc.assert(
      fc.property(file, fc.nat(), (plan, choice) => {
        const target = plan.shape === 'app' ? 0 : choice % plan.apps.length;
        const text = writeFile(plan, target);
        const id = plan.shape === 'app' || plan.shape === 'list' ? `app${target}` : `/g/app${target}`;
        const rewritten = marathonTemplate.rewrite('app.json', text.replace(mark, oldImage), id, [
          { path: 'image', value: newImage },
        ]).text;
        expect(rewritten).toBe(text.replace(mark, newImage));
      }),
      { numRuns: 300 },
    );
  });

  it('finds one app among a thousand that share an image', () => {
    const apps = Array.from(
      { length: 1000 },
      (_, i) => `  {"id":"/a${i}","container":{"docker":{"image":"${oldImage}"}}}`,
    );
    const text = `[\n${apps.join(',\n')}\n]\n`;
    const expected = text
      .split('\n')
      .map((line) => (line.includes('"/a777"') ? line.replace(oldImage, newImage) : line));
    expect(marathonTemplate.rewrite('apps.json', text, '/a777', [{ path: 'image', value: newImage }]).text).toBe(
      expected.join('\n'),
    );
  });

  it('takes no JSON of others for an app', () => {
    const others = [
      '{"name":"x","scripts":{}}',
      '{"id":"x"}',
      '[]',
      '"x"',
      '{"id":1,"cmd":"x"}',
      '{"apps":{"a":1}}',
      '{"compilerOptions":{/* tsconfig */},}',
    ];
    expect(others.map((text) => marathonTemplate.read('x.json', text))).toEqual(others.map(() => undefined));
    expect(marathonTemplate.read('x.yml', '{"id":"x","cmd":"y"}')).toBeUndefined();
  });

  it('reads ids, images and lines', () => {
    const text = '{"id":"/p",\n"apps":[{"id":"a","cmd":"x"},\n{"id":"b","container":{"docker":{"image":"i:1"}}}]}';
    expect(marathonTemplate.read('g.json', text)).toEqual([
      { id: '/p/a', names: ['/p/a', 'p/a', 'a'], line: 2 },
      { id: '/p/b', names: ['/p/b', 'p/b', 'b'], image: 'i:1', line: 3 },
    ]);
  });
});
