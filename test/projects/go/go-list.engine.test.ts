import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourceTree } from '../../../src/core/source-tree.js';
import { openSourceTree } from '../../../src/io/source-tree.js';
import { findMainPackages } from '../../../src/projects/go/main-packages.js';
import { readModules } from '../../../src/projects/go/modules.js';
import { readFixtures } from '../../support/fixtures.js';

/** The main packages that detection finds are those of `go list ./...`, for the architectures and with or without cgo. */

const builder = 'golang:1.26';
const directory = mkdtempSync(join(tmpdir(), 'slipway-go-list-'));

beforeAll(() => {
  execFileSync('bash', ['test/engine/images.sh', '--quiet', builder], { stdio: ['ignore', 'inherit', 'inherit'] });
}, 600_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

type Files = Readonly<Record<string, string>>;

const tag = fc.constantFrom(
  'linux',
  'windows',
  'darwin',
  'unix',
  'cgo',
  'amd64',
  'arm64',
  's390x',
  'ignore',
  'go1.20',
  'gc',
);

const { expression } = fc.letrec<{ expression: string; term: string }>((tie) => ({
  term: fc.oneof(
    { maxDepth: 3 },
    tag,
    tag.map((name) => `!${name}`),
    tie('expression').map((inner) => `(${inner})`),
    tie('expression').map((inner) => `!(${inner})`),
  ),
  expression: fc.oneof(
    { maxDepth: 3 },
    tie('term'),
    fc.tuple(tie('term'), fc.constantFrom('&&', '||'), tie('term')).map((parts) => parts.join(' ')),
  ),
}));

const oldExpression = fc
  .array(
    fc.array(
      fc.tuple(fc.constantFrom('', '!'), tag).map((parts) => parts.join('')),
      { minLength: 1, maxLength: 2 },
    ),
    {
      minLength: 1,
      maxLength: 2,
    },
  )
  .map((options) => options.map((terms) => terms.join(',')).join(' '));

const head = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  { weight: 4, arbitrary: expression.map((text) => `//go:build ${text}\n\n`) },
  { weight: 1, arbitrary: oldExpression.map((text) => `// +build ${text}\n\n`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('// Copyright\n\n', '/* package lib */\n', '\uFEFF', '//go:build linux\n'),
  },
);

const fileName = fc.constantFrom(
  ...'a.go b.go linux.go a_linux.go a_windows.go a_windows.pb.go a_linux.x.go a_arm64.go a_linux_amd64.go'.split(' '),
  ...'a_darwin_amd64.go windows_amd64.go a_s390x.go a_test.go a_linux_test.go _a.go .a.go a_unix.go a_js.go'.split(' '),
);

const body = fc.constantFrom('', '\nfunc main() {}\n', '\nfunc main() {}\n', '\nimport "C"\n\nfunc main() {}\n');

function goFiles(packageName: string): fc.Arbitrary<Files> {
  return fc.dictionary(
    fileName,
    fc.tuple(head, body).map(([top, bottom]) => `${top}package ${packageName}\n${bottom}`),
    { minKeys: 1, maxKeys: 3 },
  );
}

const place = fc.constantFrom(
  ...['', 'cmd', 'cmd/a', 'cmd/a/b', 'cmd/_x', 'server', 'web/app', '_x', '.x', 'testdata', 'x/testdata/y', 'vendor/z'],
  ...['internal/t', 'tools', 'examples/e', 'nested', 'nested/inside'],
);

const project = fc
  .dictionary(place, fc.constantFrom('main', 'main', 'lib').chain(goFiles), { minKeys: 1, maxKeys: 4 })
  .map((places): Files => {
    const entries = Object.entries(places).flatMap(([at, files]) =>
      Object.entries(files).map(([name, text]) => [at === '' ? name : `${at}/${name}`, text] as const),
    );
    return {
      ...Object.fromEntries(entries),
      'go.mod': 'module example.com/x\n\ngo 1.26\n',
      'nested/go.mod': 'module y\n',
    };
  });

/** `TREE|/DIRECTORY|FILE,FILE|FILE` of each main package of each tree. */
const script = `
cd "$(mktemp -d)" && tar -x
for tree in *; do
  cd "$tree"
  for cgo in 0 1; do for arch in amd64 arm64; do
    CGO_ENABLED=$cgo GOARCH=$arch GOFLAGS=-mod=mod GOPROXY=off go list -e -f \
      "{{if eq .Name \\"main\\"}}$tree|{{.Dir}}|{{join .GoFiles \\",\\"}}|{{join .CgoFiles \\",\\"}}{{end}}" ./... 2>/dev/null
  done; done | sed "s,|$PWD,|,"
  cd ..
done`;

/** What go says of each tree in `directory`: its packages with a main function. */
function listMains(names: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const archive = execFileSync('tar', ['-C', directory, '-c', ...names], { maxBuffer: 1e9 });
  const output = execFileSync('docker', ['run', '-i', '--rm', '--network', 'none', builder, 'sh', '-c', script], {
    input: archive,
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  const found = new Map(names.map((name) => [name, new Set<string>()]));
  for (const line of output.split('\n')) {
    const [name = '', inside = '', ...files] = line.split('|');
    const sources = files.flatMap((list) => list.split(',')).filter((file) => file !== '');
    if (sources.some((file) => readFileSync(join(directory, name, inside, file), 'utf8').includes('func main(')))
      found.get(name)?.add(inside === '' ? '.' : `.${inside}`);
  }
  return Object.fromEntries([...found].map(([name, paths]) => [name, [...paths].sort()]));
}

/** Go has no word for helpers. */
function withoutHelpers(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !/\/(?:internal|tools|examples)\b/.test(path));
}

function detectedMains(tree: SourceTree): readonly string[] {
  const modules = readModules(tree, undefined);
  return modules ? findMainPackages(tree, modules).found.map(({ path }) => path) : [];
}

describe('the main packages', () => {
  it('of any tree are those that go lists', () => {
    const projects = fc.sample(project, { numRuns: 60, seed: 20 });
    const trees = Object.fromEntries(projects.map((files, index) => [`tree-${index}`, files]));
    for (const [name, files] of Object.entries(trees)) {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(directory, name, path)), { recursive: true });
        writeFileSync(join(directory, name, path), text);
      }
    }
    const listed = listMains(Object.keys(trees));
    expect(Object.values(listed).flat().length).toBeGreaterThan(20);
    for (const [name, files] of Object.entries(trees)) {
      const expected = withoutHelpers(listed[name] ?? []);
      expect(detectedMains(openSourceTree(join(directory, name))), JSON.stringify(files, null, 1)).toEqual(expected);
    }
  }, 300_000);

  it('of every fixture of one module are those that go lists', () => {
    const modules = readFixtures().filter(
      ({ directory: at }) => existsSync(join(at, 'go.mod')) && !existsSync(join(at, 'go.work')),
    );
    for (const fixture of modules) cpSync(fixture.directory, join(directory, fixture.name), { recursive: true });
    const listed = listMains(modules.map(({ name }) => name));
    const detected = modules.map((fixture) => [fixture.name, detectedMains(openSourceTree(fixture.directory))]);
    const expected = modules.map(({ name }) => [name, withoutHelpers(listed[name] ?? [])]);
    expect(detected).toEqual(expected);
  }, 300_000);
});
