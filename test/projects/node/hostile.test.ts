import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../../src/core/failure.js';
import type { Facts } from '../../../src/core/project.js';
import type { Recipe } from '../../../src/core/recipe.js';
import { parseDockerfile, renderRuntimeDockerfile, renderStandaloneDockerfile } from '../../../src/dockerfile/index.js';
import { gatherFolder, gatherServer, gatherSite, gatherStandaloneNext } from '../../../src/projects/node/gather.js';
import { node } from '../../../src/projects/node/index.js';
import { initSteps } from '../../../src/projects/node/init.js';
import { pruneSteps } from '../../../src/projects/node/install.js';
import { hostileText } from '../../support/hostile-text.js';
import { memoryTree } from '../../support/memory-tree.js';

const template = readFileSync('templates/node/Dockerfile.ejs', 'utf8');
const buildStage = readFileSync('templates/common/build-stage.ejs', 'utf8');
const options = { platform: 'linux/amd64', version: '1.0.0' };

/** Every script that a recipe of this kind may hold: none of them is made from project data. */
const constantScripts = new Set(
  [
    ...gatherServer().steps,
    ...gatherSite('x').steps,
    ...gatherFolder('x').steps,
    ...gatherStandaloneNext('x').steps,
    ...initSteps(),
    ...pruneSteps({ manager: 'bun', major: 1, hasLockfile: true, isFrozen: true, hasCache: false }),
    ...pruneSteps({ manager: 'yarn', major: 3, hasLockfile: true, isFrozen: true, hasCache: false }),
  ].flatMap((step) => ('script' in step ? [step.script.join('\n')] : [])),
);

/** An answer, or a refusal; any other error is one of ours. */
function answerTo(
  files: Record<string, string>,
): { readonly facts: Facts; readonly recipe: Recipe; name: string } | undefined {
  try {
    const detection = node.detect(memoryTree(files), {});
    if (!detection) return undefined;
    const { name, facts } = detection;
    return { name, facts, recipe: node.recipe({ name, facts }, options) };
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function instructionsOf(dockerfile: string): readonly string[] {
  return parseDockerfile(dockerfile).map((instruction) => instruction.keyword);
}

const text = fc.oneof(
  hostileText,
  fc.constantFrom('node dist/x.js', 'node', '22', 'pnpm@9.1.0', '>=18', 'dist/x.js', 'build'),
);
const command = fc
  .tuple(fc.constantFrom('node ', 'node dist/', 'PORT=', 'npx ', 'npm run ', ''), text)
  .map((two) => two.join(''));
const anything = fc.oneof(text, fc.jsonValue(), fc.constant([]), fc.constant({}), fc.integer());
const manifest = fc.record(
  {
    name: anything,
    main: fc.oneof(text, anything),
    bin: fc.oneof(text, fc.dictionary(hostileText, text), anything),
    scripts: fc.oneof(
      fc.record({ start: command, build: text, 'start:prod': command }, { requiredKeys: [] }),
      anything,
    ),
    dependencies: fc.oneof(
      fc.dictionary(fc.oneof(hostileText, fc.constantFrom('express', 'next', 'nuxt')), text),
      anything,
    ),
    devDependencies: fc.oneof(fc.dictionary(fc.constantFrom('vite', 'typescript', '__proto__'), text), anything),
    engines: fc.oneof(fc.record({ node: text, pnpm: text }), anything),
    volta: fc.oneof(fc.record({ node: text }), anything),
    devEngines: fc.oneof(fc.record({ runtime: fc.record({ name: fc.constant('node'), version: text }) }), anything),
    packageManager: fc.oneof(
      text.map((one) => `pnpm@${one}`),
      anything,
    ),
    workspaces: fc.oneof(fc.array(text), anything),
  },
  { requiredKeys: [] },
);
const files = fc.record(
  {
    '.nvmrc': hostileText,
    '.tool-versions': text.map((one) => `nodejs ${one}`),
    'mise.toml': hostileText.map((one) => `[tools]\nnode = ${JSON.stringify(one)}`),
    'pnpm-lock.yaml': text.map((one) => `lockfileVersion: ${one}`),
    'yarn.lock': text.map((one) => `__metadata:\n  version: ${one}`),
    'pnpm-workspace.yaml': hostileText,
    'vite.config.js': text.map((one) => `outDir: '${one}', base: '${one}'`),
    'index.html': text,
    'next.config.js': fc.constantFrom("output: 'standalone'", "output: 'export'", 'output: x'),
    'dist/x.js': text.map((one) => `app.listen(${one}); app.get('/health${one}')`),
    'tsconfig.json': hostileText,
    'server.js': text,
  },
  { requiredKeys: [] },
);

describe('whatever a project says', () => {
  test('no script of the build is made from it, and no instruction is added to a Dockerfile', () => {
    let answers = 0;
    fc.assert(
      fc.property(manifest, files, (members, others) => {
        const answer = answerTo({ ...others, 'package.json': JSON.stringify(members) });
        if (!answer) return;
        answers++;
        const { recipe, facts, name } = answer;
        for (const step of recipe.steps) {
          if ('script' in step) expect(constantScripts).toContain(step.script.join('\n'));
        }
        expect(recipe.base).toMatch(/^node:\d+-slim$/);
        const input = {
          project: { kind: 'node', name, facts },
          recipe,
          labels: { 'org.opencontainers.image.title': name },
        };
        expect(instructionsOf(renderedOrRefused(() => renderRuntimeDockerfile(template, input)))).toEqual(
          expectedInstructions(recipe),
        );
        renderedOrRefused(() => renderStandaloneDockerfile(template, buildStage, input));
      }),
      { numRuns: 600 },
    );
    expect(answers).toBeGreaterThan(60);
  });

  test('a mutilated manifest ends in an answer or a refusal', () => {
    const whole = JSON.stringify(
      {
        name: 'a',
        scripts: { start: 'node x.js', build: 'tsc' },
        engines: { node: '>=20' },
        dependencies: { express: '4' },
      },
      null,
      2,
    );
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(whole.length), fc.oneof(hostileText, fc.string()), (from, to, piece) => {
        answerTo({ 'package.json': whole.slice(0, from) + piece + whole.slice(to), 'x.js': piece, '.nvmrc': piece });
      }),
      { numRuns: 800 },
    );
  });
});

/** The dockerfile layer may refuse control characters; then there is no Dockerfile to look at. */
function renderedOrRefused(render: () => string): string {
  try {
    return render();
  } catch (error) {
    if (error instanceof Failure && error.code === 'detect.hostile') return '';
    throw error;
  }
}

function expectedInstructions(recipe: Recipe): unknown {
  const env = Object.keys(recipe.data.env as object).map(() => 'ENV');
  const all = [
    'FROM',
    ...env,
    'WORKDIR',
    'COPY',
    'COPY',
    'LABEL',
    ...(recipe.probe ? ['EXPOSE'] : []),
    'USER',
    ...(recipe.healthcheck ? ['HEALTHCHECK'] : []),
    'ENTRYPOINT',
  ];
  return expect.toSatisfy((seen: readonly string[]) => seen.length === 0 || seen.join() === all.join());
}

describe('a huge project costs no more than what is asked of it', () => {
  test.each([
    ['members', `{"scripts":{"start":"node x.js"},${'"a":{"b":[1,2,3]},'.repeat(500_000)}"z":1}`],
    ['one text', JSON.stringify({ scripts: { start: 'node x.js' }, description: 'x'.repeat(9_000_000) })],
    ['dependencies', `{"scripts":{"start":"node x.js"},"dependencies":{${'"aaaa":"1",'.repeat(800_000)}"z":"1"}}`],
    ['a script', JSON.stringify({ scripts: { start: `node x.js ${'"a" && '.repeat(1_000_000)}` } })],
    ['a script of spaces', JSON.stringify({ scripts: { start: `node${' '.repeat(9_000_000)}x.js` } })],
  ])('a manifest of 9 MB: %s', (_what, text) => {
    const begin = performance.now();
    answerTo({ 'package.json': text, 'x.js': '' });
    expect(performance.now() - begin).toBeLessThan(2500);
  });

  test.each([
    `${'import "./a";'.repeat(100_000)}`,
    `app.listen({${' '.repeat(190_000)}`,
    `process.env.PORT${' '.repeat(190_000)}`,
    `/*${'*'.repeat(190_000)}`,
    `${'"'.repeat(190_001)}`,
    `const port${' '.repeat(190_000)}= 1`,
    `app.get<${'('.repeat(190_000)}`,
    `${'app.get<x'.repeat(20_000)}`,
    `${'listen({'.repeat(20_000)}`,
    `${'.listen(x,'.repeat(19_000)}`,
    `const a = 'localhost';${'const b'.repeat(25_000)}`,
    `process.on(${' '.repeat(190_000)}'SIGTERM'`,
    `HOST = 'localhost'${'{'.repeat(190_000)}`,
    `${"HOST = 'localhost',".repeat(9_000)}`,
    'a.'.repeat(95_000),
    'a'.repeat(190_000),
  ])('source %#: searching it takes time in proportion', (source) => {
    const begin = performance.now();
    answerTo({ 'package.json': '{"scripts":{"start":"node x.js"}}', 'x.js': source });
    expect(performance.now() - begin).toBeLessThan(1000);
  });

  test('detection does not walk the tree', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`src/${index % 50}/f${index}.js`, '']));
    const tree = memoryTree({
      ...many,
      'package.json': '{"scripts":{"start":"node server.js"}}',
      'server.js': 'x.listen(3000)',
    });
    const asked: string[] = [];
    const noted = (path: string) => {
      asked.push(path);
      return path;
    };
    const counting = {
      name: tree.name,
      read: (path: string) => tree.read(noted(path)),
      has: (path: string) => tree.has(noted(path)),
      list: (path: string) => tree.list(noted(path)),
    };
    expect(node.detect(counting, {})?.facts.port?.value).toBe('3000');
    expect(asked.length).toBeLessThan(60);
  });
});
