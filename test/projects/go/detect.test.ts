import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/failure.js';
import type { FactKey, FactValue, Hints } from '../../../src/core/project.js';
import { go } from '../../../src/projects/go/index.js';
import { memoryTree } from '../../support/memory-tree.js';

type Files = Readonly<Record<string, string>>;

const mod = 'module example.com/team/shop\n\ngo 1.26\n';
const main = 'package main\n\nfunc main() {}\n';
const plain = { 'go.version': '1.26', 'go.cgo': false };

/** The values of all facts, or what refused them. */
function detected(files: Files, hints: Hints = {}): unknown {
  try {
    const detection = go.detect(memoryTree(files), hints);
    return detection && Object.fromEntries(Object.entries(detection.facts).map(([key, fact]) => [key, fact.value]));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { refused: error.code, ...(error.candidates && { candidates: error.candidates }) };
  }
}

function hint(key: FactKey, value: FactValue): Hints {
  return { [key]: { value, origin: '--set' } };
}

describe('the main package', () => {
  it.each<readonly [title: string, files: Files, expected: unknown]>([
    ['is the root', { 'go.mod': mod, 'main.go': main }, { ...plain, 'go.main': '.' }],
    [
      'is the only command',
      { 'go.mod': mod, 'shop.go': 'package shop', 'cmd/server/main.go': main },
      { ...plain, 'go.main': './cmd/server' },
    ],
    ['is cmd itself', { 'go.mod': mod, 'cmd/main.go': main }, { ...plain, 'go.main': './cmd' }],
    [
      'is a command one level deeper',
      { 'go.mod': mod, 'cmd/shop/server/main.go': main },
      { ...plain, 'go.main': './cmd/shop/server' },
    ],
    [
      'is elsewhere when nothing else is',
      { 'go.mod': mod, 'server/main.go': main },
      { ...plain, 'go.main': './server' },
    ],
    [
      'is the root when cmd is a package of a library',
      { 'go.mod': mod, 'main.go': main, 'cmd/root.go': 'package cmd' },
      { ...plain, 'go.main': '.' },
    ],
    [
      'is the root when others are not in cmd',
      { 'go.mod': mod, 'main.go': main, 'worker/main.go': main },
      { ...plain, 'go.main': '.' },
    ],
    [
      'is not that of a module of tools beside it',
      {
        'go.work': 'go 1.26\nuse (\n\t.\n\t./tools\n)\n',
        'go.mod': mod,
        'cmd/shop/main.go': main,
        'tools/go.mod': 'module x/tools',
        'tools/lint/main.go': main,
      },
      expect.objectContaining({ 'go.main': './cmd/shop' }),
    ],
    [
      'is in one of several files',
      { 'go.mod': mod, 'a.go': 'package main', 'b.go': main, 'b_test.go': 'package main_test' },
      { ...plain, 'go.main': '.' },
    ],
  ])('%s', (_title, files, expected) => {
    expect(detected(files)).toEqual(expected);
  });

  it.each<readonly [title: string, files: Files, candidates: readonly string[]]>([
    [
      'several commands',
      { 'go.mod': mod, 'cmd/api/main.go': main, 'cmd/worker/main.go': main },
      ['./cmd/api', './cmd/worker'],
    ],
    ['the root beside a command', { 'go.mod': mod, 'main.go': main, 'cmd/api/main.go': main }, ['.', './cmd/api']],
    ['cmd beside its child', { 'go.mod': mod, 'cmd/main.go': main, 'cmd/x/main.go': main }, ['./cmd', './cmd/x']],
    [
      'two of the same rank elsewhere',
      { 'go.mod': mod, 'api/main.go': main, 'worker/main.go': main },
      ['./api', './worker'],
    ],
    [
      'two modules of a workspace',
      {
        'go.work': 'go 1.26\n\nuse (\n\t./a\n\t./b // the other\n)\n',
        'a/go.mod': 'module x/a',
        'a/main.go': main,
        'b/go.mod': 'module x/b',
        'b/cmd/b/main.go': main,
      },
      ['./a', './b/cmd/b'],
    ],
    [
      'a command of one module and a program elsewhere in another',
      {
        'go.work': 'go 1.26\n\nuse (\n\t.\n\t./build\n)\n',
        'go.mod': mod,
        'pkg/shop/main.go': main,
        'build/go.mod': 'module x/build',
        'build/cmd/main.go': main,
      },
      ['./build/cmd', './pkg/shop'],
    ],
    [
      'a command and one in the cmd of a part',
      { 'go.mod': mod, 'cmd/gen/main.go': main, 'pkg/cmd/shop/main.go': main },
      ['./cmd/gen', './pkg/cmd/shop'],
    ],
    [
      'a command and what is called as a service',
      { 'go.mod': mod, 'cmd/gen/main.go': main, 'server/main.go': main, 'deep/er/blocks/x/main.go': main },
      ['./cmd/gen', './server'],
    ],
  ])('is for a person to choose among %s', (_title, files, candidates) => {
    expect(detected(files)).toEqual({ refused: 'detect.ambiguous', candidates });
  });

  const library = { refused: 'detect.unsupported' };
  it.each<readonly [title: string, files: Files]>([
    ['there is no func main', { 'go.mod': mod, 'main.go': 'package main' }],
    ['the package has another name', { 'go.mod': mod, 'shop.go': 'package shop\nfunc main() {}' }],
    ['it is ignored by the build', { 'go.mod': mod, 'gen.go': `//go:build ignore\n\n${main}` }],
    ['it is ignored in the old way', { 'go.mod': mod, 'gen.go': `// +build ignore\n\n${main}` }],
    [
      'it needs a tag',
      { 'go.mod': mod, 'tools.go': `// Copyright\n\n//go:build tools || (windows && !linux)\n\n${main}` },
    ],
    [
      'its constraint and its name are of two architectures',
      { 'go.mod': mod, 'main_arm64.go': `//go:build amd64\n${main}` },
    ],
    ['its constraint is none', { 'go.mod': mod, 'main.go': `//go:build (linux linux\n${main}` }],
    ['its constraint is negated twice', { 'go.mod': mod, 'main.go': `//go:build !!linux\n${main}` }],
    [
      'its constraint is deeper than go reads',
      { 'go.mod': mod, 'main.go': `//go:build ${'('.repeat(50_000)}linux${')'.repeat(50_000)}\n${main}` },
    ],
    ['it is for another system', { 'go.mod': mod, 'main_windows.go': main }],
    ['it is for another architecture', { 'go.mod': mod, 'main_linux_s390x.go': main }],
    ['it is a test', { 'go.mod': mod, 'main_test.go': main }],
    ['it is hidden', { 'go.mod': mod, '_main.go': main, '.x/main.go': main, '_x/main.go': main }],
    [
      'it is test data or vendored',
      { 'go.mod': mod, 'testdata/main.go': main, 'vendor/x/main.go': main, 'cmd/testdata/main.go': main },
    ],
    [
      'it is only mentioned',
      { 'go.mod': mod, 'a.go': 'package a\n// package main\n/* func main() */\nvar s = "package main; func main()"' },
    ],
  ])('is missing where %s', (_title, files) => {
    expect(detected(files)).toEqual(library);
  });

  it.each<readonly [title: string, files: Files, candidates: readonly string[]]>([
    [
      'of helpers',
      { 'examples/a/main.go': main, 'tools/main.go': main, 'scripts/x/main.go': main, 'internal/tool/main.go': main },
      ['./examples/a', './internal/tool', './scripts/x', './tools'],
    ],
    [
      'of nested modules',
      { 'sub/go.mod': 'module x', 'sub/main.go': main, 'cmd/x/go.mod': 'module y', 'cmd/x/main.go': main },
      ['./cmd/x', './sub'],
    ],
  ])('%s are named, and not taken', (_title, files, candidates) => {
    expect(detected({ 'go.mod': mod, ...files })).toEqual({ refused: 'detect.unsupported', candidates });
  });

  it('is not looked for where go.mod says to ignore it', () => {
    const files = { 'web/main.go': main, 'a/gen/main.go': main, 'web2/main.go': main };
    expect(detected({ 'go.mod': `${mod}ignore (\n\t./web\n\tgen\n)\n`, ...files })).toEqual({
      ...plain,
      'go.main': './web2',
    });
  });

  it.each([
    ['with cgo only', 'main.go', `//go:build cgo\n\n${main}`, true],
    ['without cgo only', 'main.go', `//go:build !cgo\n\n${main}`, false],
  ])('that is there %s decides cgo', (_title, file, text, cgo) => {
    expect(detected({ 'go.mod': mod, [file]: text })).toEqual({ ...plain, 'go.main': '.', 'go.cgo': cgo });
  });

  it.each<readonly [title: string, file: string, text: string]>([
    ['a constraint for linux', 'main.go', `//go:build linux && (amd64 || arm64) && !cgo && go1.18\n${main}`],
    ['an old constraint for unix', 'main.go', `// +build linux,!cgo darwin\n// +build amd64\n\n${main}`],
    ['a file name for linux', 'main_linux_arm64.go', main],
    ['a file name that is a system alone', 'linux.go', main],
    ['a byte order of CRLF lines', 'main.go', '// x\r\npackage main\r\nfunc main() {\r\n}\r\n'],
    ['a licence before the package', 'main.go', `/*\n Licence: package shop\n*/\n${main}`],
  ])('is found behind %s', (_title, file, text) => {
    expect(detected({ 'go.mod': mod, [file]: text })).toEqual({ ...plain, 'go.main': '.' });
  });

  const manyPackages = Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`p${n}/a.go`, 'package a']));

  it('is found in cmd of a large tree, all commands of it', () => {
    const files = { ...manyPackages, 'go.mod': mod, 'cmd/a/main.go': main };
    expect(detected(files)).toEqual({ ...plain, 'go.main': './cmd/a' });
    const commands = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`cmd/c${n}/c.go`, 'package c']));
    expect(detected({ ...files, ...commands, 'cmd/z/main.go': main })).toEqual({
      refused: 'detect.ambiguous',
      candidates: ['./cmd/a', './cmd/z'],
    });
  });

  it('that no bounded search reaches is asked for, and nothing is called a library', () => {
    const tree = memoryTree({ ...manyPackages, 'go.mod': mod, 'z/deep/main.go': main });
    expect(() => go.detect(tree, {})).toThrow(
      expect.objectContaining({
        code: 'detect.unsupported',
        message: 'No main package was found near the root of this large tree',
      }),
    );
    expect(go.detect(tree, hint('go.main', './z/deep'))?.facts['go.main']?.value).toBe('./z/deep');
  });

  it('comes with where it was found and what was not taken', () => {
    const detection = go.detect(memoryTree({ 'go.mod': mod, 'main.go': main, 'worker/main.go': main }), {});
    expect(detection?.facts['go.main']).toEqual({
      value: '.',
      from: [{ file: 'main.go', line: 3, because: 'package main with func main' }],
      rejected: [
        {
          value: './worker',
          file: 'worker/main.go',
          line: 3,
          because: 'also a main package, elsewhere than the root and cmd/',
        },
      ],
    });
  });

  const two = { 'go.mod': mod, 'cmd/api/main.go': main, 'cmd/worker/main.go': main, 'tools/x/main.go': main };
  it.each([
    ['./cmd/worker', './cmd/worker'],
    ['cmd/worker/', './cmd/worker'],
    ['example.com/team/shop/cmd/api', './cmd/api'],
    ['./tools/x', './tools/x'],
  ])('is the one a person named: %s', (value, expected) => {
    expect(detected(two, hint('go.main', value))).toEqual({ ...plain, 'go.main': expected });
  });

  it.each(['./cmd/none', '../outside', '/cmd/api', '.', '$(touch x)'])(
    'named %s is refused with those there are',
    (value) => {
      expect(detected(two, hint('go.main', value))).toEqual({
        refused: 'settings.invalid',
        candidates: ['./cmd/api', './cmd/worker'],
      });
    },
  );

  it('chosen by a person keeps the others as rejected answers', () => {
    const detection = go.detect(memoryTree(two), hint('go.main', './cmd/api'));
    expect(detection?.facts['go.main']).toEqual({
      value: './cmd/api',
      from: [{ because: 'set by --set' }],
      rejected: [
        { value: './cmd/worker', file: 'cmd/worker/main.go', line: 3, because: 'also a main package, not chosen' },
      ],
    });
  });
});

describe('the module', () => {
  it.each<readonly [title: string, files: Files, expected: unknown]>([
    ['nothing', {}, undefined],
    ['Go files of a front end repository', { 'package.json': '{}', 'main.go': main }, undefined],
    ['a program without go.mod', { 'main.go': main }, { refused: 'detect.unsupported' }],
    ['loose Go files without a program', { 'a.go': 'package a' }, undefined],
    [
      'a requirement without go.sum',
      { 'go.mod': `${mod}require example.com/x v1.0.0\n`, 'main.go': main },
      { ...plain, 'go.main': '.', 'go.checksums': 'missing' },
    ],
    [
      'a requirement with go.sum',
      { 'go.mod': `${mod}require example.com/x v1.0.0\n`, 'go.sum': '', 'main.go': main },
      { ...plain, 'go.main': '.' },
    ],
    [
      'a requirement that a directory replaces',
      {
        'go.mod': `${mod}require example.com/x v1.0.0\nreplace example.com/x => ./x\n`,
        'x/go.mod': 'module example.com/x',
        'main.go': main,
      },
      { ...plain, 'go.main': '.', 'go.local-modules': ['x'], 'go.module-files': ['go.mod', 'x/go.mod'] },
    ],
    [
      'vendored requirements',
      {
        'go.mod': `${mod}require (\n\texample.com/x v1.0.0\n)\n`,
        'vendor/modules.txt': '# example.com/x v1.0.0\n## explicit; go 1.20\nexample.com/x\n',
        'main.go': main,
      },
      { ...plain, 'go.main': '.', 'go.vendored': true },
    ],
    [
      'a block that never ends',
      { 'go.mod': 'module x\nrequire (\n a v1\n', 'main.go': main },
      { refused: 'detect.unreadable' },
    ],
    [
      'a go line without a version',
      { 'go.mod': 'module x\ngo latest\n', 'main.go': main },
      { refused: 'detect.unreadable' },
    ],
    ['a workspace that uses what is not there', { 'go.work': 'go 1.26\nuse ./a' }, { refused: 'detect.unreadable' }],
    ['a workspace that uses what is outside', { 'go.work': 'go 1.26\nuse ../a' }, { refused: 'detect.unreadable' }],
    [
      'a workspace with one program and a library of its own',
      {
        'go.work': 'go 1.26\nuse ./api\nuse ./lib\n',
        'api/go.mod': 'module x/api\nrequire x/lib v0.0.0\n',
        'api/main.go': 'package main\nimport "x/lib"\nfunc main() { lib.Run() }',
        'lib/go.mod': 'module x/lib',
        'lib/lib.go': 'package lib\nfunc Run() { http.ListenAndServe(":7000", nil) }',
      },
      {
        ...plain,
        'go.main': './api',
        'go.local-modules': ['api', 'lib'],
        'go.module-files': ['api/go.mod', 'go.work', 'lib/go.mod'],
        port: '7000',
      },
    ],
  ])('%s', (_title, files, expected) => {
    expect(detected(files)).toEqual(expected);
  });

  it.each([
    ['module example.com/team/shop', 'shop'],
    ['module "example.com/shop/v2"', 'shop'],
    ['module gopkg.in/shop.v3', 'shop'],
    ['module (\n\texample.com/block\n)', 'block'],
    ['go 1.26', 'project'],
  ])('gives the name: %s', (text, name) => {
    expect(go.detect(memoryTree({ 'go.mod': text, 'main.go': main }), {})?.name).toBe(name);
  });

  it('of the chosen program gives the name in a workspace', () => {
    const files = {
      'go.work': 'go 1.26\nuse ./a\nuse ./b',
      'a/go.mod': 'module x/lib',
      'b/go.mod': 'module x/shop',
      'b/main.go': main,
    };
    expect(go.detect(memoryTree(files), {})?.name).toBe('shop');
  });
});

describe('the version of Go', () => {
  it.each<
    readonly [title: string, files: Files, value: string, from: readonly unknown[], rejected: readonly unknown[]]
  >([
    [
      'the go line',
      { 'go.mod': 'module x\ngo 1.24.3\n' },
      '1.24',
      [{ file: 'go.mod', line: 2, because: 'go 1.24.3' }],
      [],
    ],
    [
      'a release candidate',
      { 'go.mod': 'module x\ngo 1.27rc1\n' },
      '1.27',
      [{ file: 'go.mod', line: 2, because: 'go 1.27rc1' }],
      [],
    ],
    [
      'a higher toolchain',
      { 'go.mod': 'module x\ngo 1.24\ntoolchain go1.26.2\n' },
      '1.26',
      [{ file: 'go.mod', line: 3, because: 'toolchain go1.26.2' }],
      [{ value: '1.24', file: 'go.mod', line: 2, because: 'go 1.24' }],
    ],
    [
      'a lower version file',
      { 'go.mod': 'module x\ngo 1.24\n', '.go-version': '1.20.1\n', 'mise.toml': '[tools]\ngo = "1.24.1"\n' },
      '1.24',
      [
        { file: 'go.mod', line: 2, because: 'go 1.24' },
        { file: 'mise.toml', line: 2, because: 'go 1.24.1' },
      ],
      [{ value: '1.20', file: '.go-version', line: 1, because: 'go 1.20.1' }],
    ],
    [
      'a higher tool version',
      { 'go.mod': 'module x\ngo 1.9\n', '.tool-versions': 'nodejs 22\ngolang 1.25.4\n' },
      '1.25',
      [{ file: '.tool-versions', line: 2, because: 'golang 1.25.4' }],
      [{ value: '1.9', file: 'go.mod', line: 2, because: 'go 1.9' }],
    ],
    [
      'no number',
      { 'go.mod': 'module x\ngo 1.24\ntoolchain default\n', '.go-version': 'latest' },
      '1.24',
      [{ file: 'go.mod', line: 2, because: 'go 1.24' }],
      [],
    ],
    ['nothing', { 'go.mod': 'module x\n' }, '1.26', [{ because: 'no go line in go.mod; 1.26 is the default' }], []],
    [
      "the workspace's before the module's",
      { 'go.work': 'go 1.25\nuse .\n', 'go.mod': 'module x\n\ngo 1.22\n' },
      '1.25',
      [{ file: 'go.work', line: 1, because: 'go 1.25' }],
      [{ value: '1.22', file: 'go.mod', line: 3, because: 'go 1.22' }],
    ],
  ])('comes from %s', (_title, files, value, from, rejected) => {
    const detection = go.detect(memoryTree({ ...files, 'main.go': main }), {});
    expect(detection?.facts['go.version']).toEqual({ value, from, rejected });
  });

  it('is what a person set, with the detected one rejected', () => {
    const detection = go.detect(memoryTree({ 'go.mod': mod, 'main.go': main }), hint('go.version', '1.25.1'));
    expect(detection?.facts['go.version']).toEqual({
      value: '1.25.1',
      from: [{ because: 'set by --set' }],
      rejected: [{ value: '1.26', file: 'go.mod', line: 3, because: 'go 1.26' }],
    });
  });

  it.each(['latest', '1', '1.26\nRUN x', '2.0'])('set to %j is refused', (value) => {
    expect(detected({ 'go.mod': mod, 'main.go': main }, hint('go.version', value))).toEqual({
      refused: 'settings.invalid',
    });
  });
});

describe('cgo', () => {
  const sqlite = `${mod}require github.com/mattn/go-sqlite3 v1.0.0\n`;
  it.each<readonly [title: string, files: Files, expected: unknown]>([
    [
      'imports C',
      { 'main.go': `package main\n\n// #include <x.h>\nimport "C"\n\nfunc main() {}` },
      [true, 'main.go', 4],
    ],
    [
      'opens plugins',
      { 'main.go': 'package main\nimport "plugin"\nfunc main() { plugin.Open("x.so") }' },
      [true, 'main.go', 2],
    ],
    [
      'imports a package of its own that does',
      {
        'main.go': 'package main\nimport (\n\t"fmt"\n\tx "example.com/team/shop/x"\n)\nfunc main() {}',
        'x/x.go': 'package x\nimport "C"',
      },
      [true, 'x/x.go', 2],
    ],
    [
      'has a way around C',
      {
        'main.go': main,
        'fast.go': '//go:build cgo\n\npackage main\nimport "C"',
        'slow.go': '//go:build !cgo\n\npackage main',
      },
      [false, undefined, undefined],
    ],
    [
      'imports a module that is C behind Go',
      {
        'go.mod': sqlite,
        'go.sum': '',
        'main.go': 'package main\nimport _ "github.com/mattn/go-sqlite3"\nfunc main() {}',
      },
      [true, 'main.go', 2],
    ],
    ['only requires it', { 'go.mod': sqlite, 'go.sum': '', 'main.go': main }, [false, undefined, undefined]],
    [
      'does not import the package that does',
      { 'main.go': main, 'x/x.go': 'package x\nimport "C"' },
      [false, undefined, undefined],
    ],
    [
      'mentions it in a comment',
      { 'main.go': '// import "C"\npackage main\nvar s = `import "C"`\nfunc main() {}' },
      [false, undefined, undefined],
    ],
  ])('of a program that %s', (_title, files, expected) => {
    const cgo = go.detect(memoryTree({ 'go.mod': mod, ...files }), {})?.facts['go.cgo'];
    expect([cgo?.value, cgo?.from[0]?.file, cgo?.from[0]?.line]).toEqual(expected);
  });

  it('names a module that is required and not imported', () => {
    const detection = go.detect(memoryTree({ 'go.mod': sqlite, 'go.sum': '', 'main.go': main }), {});
    expect(detection?.facts['go.cgo']?.rejected).toEqual([
      {
        value: true,
        file: 'go.mod',
        line: 4,
        because: 'github.com/mattn/go-sqlite3 is required, but the program does not import it',
      },
    ]);
  });

  it('is what a person set', () => {
    expect(detected({ 'go.mod': mod, 'main.go': main }, hint('go.cgo', 'true'))).toEqual({
      ...plain,
      'go.main': '.',
      'go.cgo': true,
    });
    expect(detected({ 'go.mod': mod, 'main.go': main }, hint('go.cgo', 'maybe'))).toEqual({
      refused: 'settings.invalid',
    });
  });
});
