import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/failure.js';
import type { FactKey, FactValue, Hints } from '../../../src/core/project.js';
import { go } from '../../../src/projects/go/index.js';
import { memoryTree } from '../../support/memory-tree.js';

type Files = Readonly<Record<string, string>>;

const main = 'package main\n\nimport _ "example.com/x"\n\nfunc main() {}\n';

function refusal(files: Files, hints: Hints = {}): unknown {
  try {
    return go.detect(memoryTree(files), hints);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, message, where } = error;
    return { code, message, where };
  }
}

function factIn(key: FactKey, files: Files, hints: Hints = {}): FactValue | undefined {
  return go.detect(memoryTree(files), hints)?.facts[key]?.value;
}

function mod(rest = '', line = 'go 1.26'): string {
  return `module example.com/shop\n${line}\nrequire example.com/x v1.0.0\n${rest}`;
}

describe('a replacement by a directory', () => {
  it.each<readonly [title: string, files: Files, message: string, where: string]>([
    [
      'outside of the tree',
      { 'go.mod': mod('replace example.com/x => ../x\n'), 'main.go': main },
      'go.mod takes example.com/x from ../x, which is not in this tree',
      'go.mod:4',
    ],
    [
      'of one machine',
      { 'go.mod': mod('replace example.com/x => /home/ann/x\n'), 'main.go': main },
      'go.mod takes example.com/x from /home/ann/x, which is not in this tree',
      'go.mod:4',
    ],
    [
      'without a module',
      { 'go.mod': mod('replace (\n\texample.com/x v1.0.0 => ./x\n)\n'), 'main.go': main, 'x/x.go': 'package x' },
      'go.mod takes example.com/x from ./x, where there is no go.mod',
      'go.mod:5',
    ],
    [
      'by a workspace',
      {
        'go.work': 'go 1.26\nuse ./a\nreplace example.com/x => ../x\n',
        'a/go.mod': mod(),
        'a/main.go': main,
      },
      'go.work takes example.com/x from ../x, which is not in this tree',
      'go.work:3',
    ],
  ])('%s is refused', (_title, files, message, where) => {
    expect(refusal(files)).toEqual({ code: 'detect.unsupported', message, where });
  });

  it.each<readonly [title: string, files: Files]>([
    ['of a module that nobody requires', { 'go.mod': 'module m\ngo 1.26\nreplace a.b/c => ../c\n', 'main.go': main }],
    [
      'of a vendored module',
      {
        'go.mod': mod('replace example.com/x => ../x\n'),
        'vendor/modules.txt': '# example.com/x v1.0.0 => ../x\n## explicit\nexample.com/x\n',
        'main.go': main,
      },
    ],
    [
      'of a module that the workspace has',
      {
        'go.work': 'go 1.26\nuse (\n\t./a\n\t./b\n)\n',
        'a/go.mod': mod('replace example.com/x => ../../x\n'),
        'a/main.go': main,
        'b/go.mod': 'module example.com/x\n',
      },
    ],
  ])('%s does not matter', (_title, files) => {
    expect(factIn('go.version', files)).toBe('1.26');
  });
});

describe('a vendor directory', () => {
  const list = '# example.com/x v1.0.0\n## explicit; go 1.20\nexample.com/x\n';

  it.each<readonly [title: string, files: Files, vendored: boolean | undefined]>([
    ['is used', { 'go.mod': mod(), 'vendor/modules.txt': list }, true],
    ['is not used before Go 1.14', { 'go.mod': mod('', 'go 1.13'), 'vendor/modules.txt': list }, undefined],
    ['is not used without a go line', { 'go.mod': mod('', ''), 'vendor/modules.txt': list }, undefined],
    [
      'of a workspace is not used by a module',
      { 'go.mod': mod(), 'vendor/modules.txt': `## workspace\n${list}` },
      undefined,
    ],
    [
      'of a workspace is used by a workspace',
      { 'go.work': 'go 1.26\nuse .\n', 'go.mod': mod(), 'vendor/modules.txt': `## workspace\n${list}` },
      true,
    ],
    [
      'of a module is not used by a workspace',
      { 'go.work': 'go 1.26\nuse .\n', 'go.mod': mod(), 'vendor/modules.txt': list },
      undefined,
    ],
  ])('%s', (_title, files, vendored) => {
    expect(factIn('go.vendored', { 'main.go': main, ...files })).toBe(vendored);
  });

  it.each<readonly [title: string, files: Files, has: string, where: string]>([
    ['of another version', { 'vendor/modules.txt': list.replace('1.0.0', '0.9.0') }, 'v0.9.0', 'vendor/modules.txt'],
    ['without the module', { 'vendor/modules.txt': '# a.b/c v1.0.0\n## explicit\n' }, 'none', 'vendor/modules.txt'],
    ['with it as an indirect one', { 'vendor/modules.txt': '# example.com/x v1.0.0\n' }, 'none', 'vendor/modules.txt'],
    ['of the time before modules', { 'vendor/example.com/x/x.go': 'package x' }, 'none', 'vendor'],
  ])('%s is refused', (_title, files, has, where) => {
    expect(refusal({ 'go.mod': mod(), 'main.go': main, ...files })).toEqual({
      code: 'detect.unsupported',
      message: `go.mod requires example.com/x v1.0.0 (line 3), but vendor/modules.txt has ${has}: go refuses such a vendor directory`,
      where,
    });
  });
});

describe('a workspace', () => {
  const app = { 'a/main.go': 'package main\nfunc main() {}' };

  it.each([
    ['go 1.22\n', 'go 1.22.1', 'go.work is of Go 1.22, but a/go.mod needs 1.22.1 (line 2)', 'go.work:1'],
    ['', 'go 1.19', 'go.work is of Go 1.18, but a/go.mod needs 1.19 (line 2)', 'go.work'],
  ])('older than a module is refused: %j', (line, needed, message, where) => {
    expect(refusal({ ...app, 'go.work': `${line}use ./a\n`, 'a/go.mod': `module a\n${needed}\n` })).toEqual({
      code: 'detect.unsupported',
      message: `${message}: go refuses such a workspace`,
      where,
    });
  });

  it.each([
    ['go 1.22.1', 'go 1.22rc1'],
    ['go 1.22', 'go 1.22'],
    ['go 1.23', 'go 1.22.9'],
  ])('as new as its modules is taken: %s for %s', (line, needed) => {
    const files = { ...app, 'go.work': `${line}\nuse ./a\n`, 'a/go.mod': `module a\n${needed}\n` };
    expect(factIn('go.main', files)).toBe('./a');
  });
});

describe('a nested module that a person chose', () => {
  const files = {
    'go.mod': 'module kit\ngo 1.26\n',
    'kit.go': 'package kit',
    'apps/api/go.mod': 'module kit/api\ngo 1.25\nrequire kit v0.0.0\nreplace kit => ../..\n',
    'apps/api/.go-version': '1.25.3\n',
    'apps/api/cmd/x/main.go': 'package main\nimport "kit"\nfunc main() { kit.Run() }',
  };
  const hints: Hints = { 'go.main': { value: './apps/api/cmd/x', origin: 'slipway.yml' } };

  it('rules the build, with or without a module around it', () => {
    const facts = go.detect(memoryTree(files), hints)?.facts ?? {};
    expect(Object.fromEntries(Object.entries(facts).map(([key, { value }]) => [key, value]))).toEqual({
      'go.version': '1.25',
      'go.module': 'apps/api',
      'go.main': './apps/api/cmd/x',
      'go.cgo': false,
      'go.local-modules': ['.'],
      'go.module-files': ['apps/api/go.mod', 'go.mod'],
    });
    const alone = { 'x/go.mod': 'module x\ngo 1.26\n', 'x/main.go': 'package main\nfunc main() {}' };
    expect(factIn('go.module', alone, { 'go.main': { value: 'x', origin: '--set' } })).toBe('x');
  });

  it('is built by itself where the workspace does not use it, and as part of it where it does', () => {
    const work = { ...files, 'go.work': 'go 1.26\nuse .\n' };
    expect(factIn('go.module', work, hints)).toBe('apps/api');
    expect(factIn('go.module', { ...work, 'go.work': 'go 1.26\nuse ./apps/api\n' }, hints)).toBe(undefined);
  });
});

describe('a program without a module', () => {
  it.each<readonly [files: Files, message: string]>([
    [{ 'main.go': 'package main\nfunc main() {}' }, 'This is a Go program without a go.mod'],
    [
      { 'cmd/a/main.go': 'package main\nfunc main() {}', 'glide.yaml': '' },
      'This is a Go program without a go.mod: its dependencies are in glide.yaml, which go no longer reads',
    ],
  ])('is refused with what to do', (files, message) => {
    expect(refusal(files)).toMatchObject({ code: 'detect.unsupported', message });
  });
});

describe('the version of Go', () => {
  it.each<readonly [title: string, files: Files, version: string]>([
    ['is the newest for a go line that is older than toolchains', { 'go.mod': mod('', 'go 1.16') }, '1.26'],
    ['is what a person pinned beside it', { 'go.mod': mod('', 'go 1.18'), '.go-version': '1.18.10\n' }, '1.18'],
    ['is a newer pin', { 'go.mod': mod('', 'go 1.18'), '.tool-versions': 'golang 1.20.1\n' }, '1.20'],
    ['is the go line since 1.21', { 'go.mod': mod('', 'go 1.21') }, '1.21'],
  ])('%s', (_title, files, version) => {
    expect(factIn('go.version', { 'main.go': main, 'go.sum': '', ...files })).toBe(version);
  });

  it('is refused where only a toolchain without our flags is pinned', () => {
    const files = { 'go.mod': 'module m\n', 'main.go': main, '.go-version': '1.12\n' };
    expect(refusal(files)).toEqual({
      code: 'detect.unsupported',
      message: 'go 1.12: Go before 1.13 cannot build this reproducibly',
      where: '.go-version:1',
    });
  });
});

describe('cgo of a dependency', () => {
  const indirect = 'require github.com/mattn/go-sqlite3 v1.0.0 // indirect\n';

  it.each<readonly [title: string, files: Files, cgo: boolean]>([
    ['that go.mod names indirectly is needed', { 'go.mod': mod(indirect) }, true],
    ['is not known before go.mod named them all', { 'go.mod': mod(indirect, 'go 1.16') }, false],
    [
      'that an older module downloaded is needed',
      {
        'go.mod': mod('', 'go 1.15'),
        'go.sum': 'github.com/mattn/go-sqlite3 v1.0.0 h1:x=\ngithub.com/mattn/go-sqlite3 v1.0.0/go.mod h1:y=\n',
      },
      true,
    ],
    [
      'of which an older module downloaded the go.mod alone is not needed',
      { 'go.mod': mod('', 'go 1.15'), 'go.sum': 'github.com/mattn/go-sqlite3 v1.0.0/go.mod h1:y=\n' },
      false,
    ],
    [
      "that is a dialect of gorm's first generation is needed",
      { 'main.go': 'package main\nimport _ "github.com/jinzhu/gorm/dialects/sqlite"\nfunc main() {}', 'go.mod': mod() },
      true,
    ],
    [
      'of a program without dependencies is not needed',
      { 'go.mod': mod(indirect), 'main.go': 'package main\nfunc main() {}' },
      false,
    ],
  ])('%s', (_title, files, cgo) => {
    expect(factIn('go.cgo', { 'main.go': main, 'go.sum': '', ...files })).toBe(cgo);
  });
});
