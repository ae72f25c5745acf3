import type { SourceTree } from '../../core/source-tree.js';
import { architecturesOf, areDirectivesIn } from './build-constraint.js';
import { type LexedGo, lexGo, type Token } from './lex.js';
import { inDirectory } from './paths.js';

/** One Go file that is in the build. */
export interface GoFile extends LexedGo {
  readonly file: string;
  readonly imports: readonly { readonly path: string; readonly line: number }[];
}

/** Files read of one directory; a package of more says nothing new. */
const filesPerPackage = 100;

/**
 * The files of a directory's package that go would build for Linux with or without cgo, in the order of their names. Without
 * cgo, a file that imports "C" and has no constraint is in nevertheless: it shows that the package needs cgo.
 */
export function readPackage(tree: SourceTree, directory: string, cgo: boolean): readonly GoFile[] {
  return goFileNames(tree, directory).flatMap((name) => {
    const file = inDirectory(directory, name);
    const lexed = lexGo(tree.read(file, 'source') ?? '');
    if (!isIn(name, lexed, cgo)) return [];
    return [{ file, ...lexed, imports: readImports(lexed.tokens) }];
  });
}

/** The package's name, read from as few files as possible; undefined where nothing in the directory is built. */
export function readPackageName(tree: SourceTree, directory: string, cgo: boolean): string | undefined {
  for (const name of goFileNames(tree, directory)) {
    const lexed = lexGo(tree.read(inDirectory(directory, name), 'source') ?? '', [
      'import',
      'func',
      'var',
      'type',
      'const',
    ]);
    if (isIn(name, lexed, cgo)) return lexed.tokens[1]?.value;
  }
  return undefined;
}

/** Where `func main()` of a package stands; undefined where it has none. */
export function findMainFunction(
  files: readonly GoFile[],
): { readonly file: string; readonly line: number } | undefined {
  for (const { file, tokens } of files) {
    const at = tokens.findIndex(
      (token, index) =>
        token.value === 'func' &&
        token.type === 'word' &&
        tokens[index + 1]?.value === 'main' &&
        tokens[index + 2]?.value === '(',
    );
    const token = tokens[at];
    if (token) return { file, line: token.line };
  }
  return undefined;
}

function goFileNames(tree: SourceTree, directory: string): readonly string[] {
  return tree
    .list(directory)
    .filter(({ type, name }) => type === 'file' && architecturesOf(name).length > 0)
    .slice(0, filesPerPackage)
    .map(({ name }) => name);
}

function isIn(fileName: string, { tokens, directives }: LexedGo, cgo: boolean): boolean {
  const [keyword, name] = tokens;
  if (keyword?.value !== 'package' || name?.type !== 'word' || name.value === 'documentation') return false;
  return areDirectivesIn(
    directives.filter(({ line }) => line < keyword.line),
    architecturesOf(fileName),
    cgo,
  );
}

/** Import declarations come before all others: `import "a"` or `import ( x "a"; . "b" )`. */
function readImports(tokens: readonly Token[]): GoFile['imports'] {
  const imports: { path: string; line: number }[] = [];
  let at = 2;
  while (at < tokens.length) {
    if (tokens[at]?.value === ';') at += 1;
    else if (tokens[at]?.value !== 'import') break;
    else {
      const end = endOfImport(tokens, at + 1);
      for (const token of tokens.slice(at, end)) {
        if (token.type === 'text') imports.push({ path: token.value, line: token.line });
      }
      at = end;
    }
  }
  return imports;
}

function endOfImport(tokens: readonly Token[], start: number): number {
  const last = tokens[start]?.value === '(' ? ')' : undefined;
  const end = tokens.findIndex(
    (token, index) =>
      index >= start && (last === undefined ? token.type === 'text' : token.type === 'mark' && token.value === last),
  );
  return end < 0 ? tokens.length : end + 1;
}
