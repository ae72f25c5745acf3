import type { SourceTree } from '../../core/source-tree.js';
import { type JsonNode, jsonAt, jsonElements, jsonText, parseJsonDocument } from '../../formats/json-document.js';
import { normalisePath, readCode } from './sources.js';

/** What `tsc` is told of its input and output: folders relative to the project, without `./`. */
export interface Compiler {
  readonly path: string;
  readonly outDir?: string;
  readonly rootDir?: string;
  readonly include?: readonly string[];
  readonly emits: boolean;
}

const maxParents = 5;

/**
 * A `tsconfig.json` with what it extends inside the project. Undefined where there is none or it is not JSON with comments.
 * Folders are relative to the file that names them (https://www.typescriptlang.org/tsconfig/#extends).
 */
export function readCompiler(tree: SourceTree, path: string, depth = 0): Compiler | undefined {
  const root = readRoot(tree, path);
  if (!root) return undefined;
  const parent = jsonText(root, 'extends');
  const base = parent?.startsWith('.') && depth < maxParents ? inherited(tree, path, parent, depth) : undefined;
  const folder = (key: string) => inFolderOf(path, jsonText(root, 'compilerOptions', key));
  const [outDir, rootDir] = [folder('outDir') ?? base?.outDir, folder('rootDir') ?? base?.rootDir];
  const noEmit = jsonAt(root, 'compilerOptions', 'noEmit')?.value;
  const written = jsonElements(jsonAt(root, 'include') ?? jsonAt(root, 'files'));
  const include = written.flatMap(({ value }) => (typeof value === 'string' ? (inFolderOf(path, value) ?? []) : []));
  return {
    path,
    ...(outDir !== undefined && { outDir }),
    ...(rootDir !== undefined && { rootDir }),
    ...(include.length > 0 ? { include } : base?.include && { include: base.include }),
    emits: noEmit === undefined ? (base?.emits ?? true) : noEmit !== true,
  };
}

/** Where `tsc` puts the compiled form of a source file; undefined where it puts none into a folder of its own. */
export function compiledPath(compiler: Compiler, source: string): string | undefined {
  const { outDir, emits } = compiler;
  if (!emits || outDir === undefined) return undefined;
  const root = compiler.rootDir ?? commonRoot(compiler.include ?? [source]);
  if (root !== '' && !source.startsWith(`${root}/`)) return undefined;
  const rest = root === '' ? source : source.slice(root.length + 1);
  const compiled = rest.replace(/\.([cm]?)tsx?$/, '.$1js');
  return compiled === rest ? undefined : [outDir, compiled].filter((part) => part !== '').join('/');
}

/** Without `rootDir` it is the longest path that all inputs share (https://www.typescriptlang.org/tsconfig/#rootDir). */
function commonRoot(include: readonly string[]): string {
  const folders = include.map((one) => {
    const plain = one.replace(/\/?\*.*$/, '');
    return /\.[cm]?tsx?$/.test(plain) ? plain.split('/').slice(0, -1) : plain.split('/').filter((part) => part !== '');
  });
  const [first = []] = folders;
  const different = first.findIndex((part, index) => folders.some((folder) => folder[index] !== part));
  return (different < 0 ? first : first.slice(0, different)).join('/');
}

function inherited(tree: SourceTree, path: string, parent: string, depth: number): Compiler | undefined {
  const target = inFolderOf(path, parent);
  if (target === undefined) return undefined;
  return readCompiler(tree, target.endsWith('.json') ? target : `${target}.json`, depth + 1);
}

function inFolderOf(path: string, written: string | undefined): string | undefined {
  if (written === undefined) return undefined;
  return normalisePath(`${path.split('/').slice(0, -1).join('/') || '.'}/${written}`);
}

function readRoot(tree: SourceTree, path: string): JsonNode | undefined {
  const text = readCode(tree, path, false);
  if (text === undefined) return undefined;
  try {
    return parseJsonDocument(text, { relaxed: true, members: ['compilerOptions', 'extends', 'include', 'files'] });
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
