import { type Fact, fact } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import type { Modules } from './modules.js';
import type { Program } from './program.js';

/** Directories that programs open by relative path when they run. Plain names: they become part of the Dockerfile. */
const runtimeDirectories = new Set(
  'templates template static public web assets views migrations locales i18n translations swagger'.split(' '),
);

/**
 * Directories of the root that the program names in a text (`"templates/*.html"`, `"./static"`, `"file://migrations"`) and
 * does not embed; undefined where there are none.
 */
export function detectDirectories(tree: SourceTree, program: Program): Fact | undefined {
  const there = tree
    .list('')
    .flatMap(({ type, name }) => (type === 'directory' && runtimeDirectories.has(name) ? [name] : []));
  const embedded = new Set(
    program.files.flatMap(({ directives }) => directives.flatMap(({ text }) => embeddedNames(text))),
  );
  const found = there
    .filter((name) => !embedded.has(name))
    .flatMap((name) => {
      const evidence = findMention(program, name);
      return evidence ? [{ name, evidence }] : [];
    });
  return found.length === 0
    ? undefined
    : fact(
        found.map(({ name }) => name),
        found.map(({ evidence }) => evidence),
      );
}

function embeddedNames(directive: string): readonly string[] {
  if (!directive.startsWith('go:embed ')) return [];
  return directive
    .slice('go:embed '.length)
    .split(/\s+/)
    .map((pattern) => pattern.replace(/^["`]?(?:all:)?/, '').replace(/[/"`].*$/, ''));
}

function findMention(program: Program, name: string): Fact['from'][number] | undefined {
  const written = new RegExp(`^(?:file://)?(?:\\./)?${name}(?:/[^\\n]*)?$`);
  for (const { file, tokens } of program.files) {
    const token = tokens.find(({ type, value }) => type === 'text' && written.test(value));
    if (token) return { file, line: token.line, because: `opens "${token.value.slice(0, 80)}"` };
  }
  return undefined;
}

/** True when the dependencies are in the tree, as go itself finds out; undefined otherwise. */
export function detectVendored(tree: SourceTree, modules: Modules): Fact | undefined {
  if (!tree.has('vendor/modules.txt')) return undefined;
  return fact(true, {
    file: 'vendor/modules.txt',
    line: 1,
    because: `the dependencies of ${modules.file} are in vendor/`,
  });
}

/** Directories of the modules that the build takes from this tree, by go.work or `replace`; undefined where it is one alone. */
export function detectLocalModules(modules: Modules): Fact | undefined {
  const local = modules.all.filter(({ directory }) => directory !== '');
  if (local.length === 0) return undefined;
  const evidence = local.map(({ file, path }) => ({
    file,
    line: 1,
    because: `a module of this tree${path ? `: ${path}` : ''}`,
  }));
  return fact([...new Set(local.map(({ directory }) => directory))], evidence);
}

/**
 * `main.version`: the main package's variable that the linker can set, which must be a text without or with a literal value
 * (https://pkg.go.dev/cmd/link, -X); undefined where there is none.
 */
export function detectVersionVariable(program: Program): Fact | undefined {
  for (const { file, tokens } of program.main) {
    let depth = 0;
    for (const [index, token] of tokens.entries()) {
      if (token.type === 'mark' && token.value === '{') depth += 1;
      if (token.type === 'mark' && token.value === '}') depth -= 1;
      if (depth !== 0 || token.type !== 'word' || !['version', 'Version'].includes(token.value)) continue;
      if (!isVariable(tokens, index)) continue;
      return fact(`main.${token.value}`, {
        file,
        line: token.line,
        because: `var ${token.value} is a text of the main package`,
      });
    }
  }
  return undefined;
}

/** `var version = "dev"`, `var version string`, also inside `var ( … )`. */
function isVariable(tokens: Program['main'][number]['tokens'], index: number): boolean {
  const opener = tokens
    .slice(0, index)
    .findLastIndex(({ type, value }) => type === 'word' && ['var', 'const', 'func', 'type', 'import'].includes(value));
  const inBlock =
    tokens[opener + 1]?.value === '(' &&
    !tokens.slice(opener, index).some(({ type, value }) => type === 'mark' && value === ')');
  if (tokens[opener]?.value !== 'var' || !(opener === index - 1 || inBlock)) return false;
  const [next, after] = tokens.slice(index + 1, index + 3);
  if (next?.value === '=') return after?.type === 'text' && tokens[index + 3]?.value !== '+';
  return (
    next?.type === 'word' && next.value === 'string' && (after?.value !== '=' || tokens[index + 3]?.type === 'text')
  );
}
