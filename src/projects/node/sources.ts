import { Failure } from '../../core/failure.js';
import type { SourceTree } from '../../core/source-tree.js';
import { jsonText, parseJsonDocument } from '../../formats/json-document.js';

/** One source file, its comments blanked out so that lines and columns stay. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const endings = ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx'];
const maxFiles = 40;
const maxCharacters = 200_000;
const maxImports = 200;

/**
 * The file that starts, as written, and what it imports from the project, nearest first; at most 40 files. Empty where
 * the source of a compiled file cannot be told.
 */
export function readSources(tree: SourceTree, startFile: string): readonly SourceFile[] {
  const first = sourceOf(tree, startFile);
  const queue = first === undefined ? [] : [first];
  const sources: SourceFile[] = [];
  for (let index = 0; index < queue.length && sources.length < maxFiles; index++) {
    const path = queue[index] ?? '';
    const text = readText(tree, path);
    if (text === undefined) continue;
    sources.push({ path, text });
    for (const next of importsOf(tree, path, text)) if (!queue.includes(next)) queue.push(next);
  }
  return sources;
}

/** The file as node would resolve it: itself, with an ending, or a directory's index. Undefined where none is there. */
export function resolveFile(tree: SourceTree, path: string): string | undefined {
  const plain = normalisePath(path);
  if (plain === undefined) return undefined;
  if (plain !== '' && tree.has(plain)) return plain;
  const named = endings.map((ending) => `${plain}${ending}`);
  const index = endings.map((ending) => `${plain === '' ? '' : `${plain}/`}index${ending}`);
  return [...(plain === '' ? [] : named), ...index].find((one) => tree.has(one));
}

/** `./a/../b` as `b`; undefined for a path that leads out of the project, and for an absolute one. */
export function normalisePath(path: string): string | undefined {
  if (path.startsWith('/')) return undefined;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** A compiled file's source: by `outDir` and `rootDir` of `tsconfig.json`, or by the usual folders. */
function sourceOf(tree: SourceTree, startFile: string): string | undefined {
  const there = resolveFile(tree, startFile);
  if (there !== undefined) return there;
  const path = normalisePath(startFile)?.replace(/\.[cm]?js$/, '');
  if (path === undefined) return undefined;
  const { outDir, rootDir } = compilerFolders(tree);
  for (const out of [outDir, 'dist', 'build', 'lib', 'out'].filter((one) => one !== undefined)) {
    if (!path.startsWith(`${out}/`)) continue;
    const rest = path.slice(out.length + 1);
    for (const root of [rootDir, 'src', ''].filter((one) => one !== undefined)) {
      const source = resolveFile(tree, root === '' ? rest : `${root}/${rest}`);
      if (source !== undefined) return source;
    }
  }
  return undefined;
}

function compilerFolders(tree: SourceTree): { readonly outDir?: string; readonly rootDir?: string } {
  for (const file of ['tsconfig.build.json', 'tsconfig.json']) {
    const options = readOptions(readText(tree, file, false));
    if (options.outDir !== undefined) return options;
  }
  return {};
}

function readOptions(text: string | undefined): { readonly outDir?: string; readonly rootDir?: string } {
  if (text === undefined) return {};
  try {
    const root = parseJsonDocument(text, { relaxed: true, members: ['compilerOptions'] });
    const outDir = normalisePath(jsonText(root, 'compilerOptions', 'outDir') ?? '/');
    const rootDir = normalisePath(jsonText(root, 'compilerOptions', 'rootDir') ?? '/');
    return { ...(outDir && { outDir }), ...(rootDir !== undefined && { rootDir }) };
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function importsOf(tree: SourceTree, path: string, text: string): readonly string[] {
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '';
  const imported = /(?:\bfrom|\bimport|\brequire\(|\bimport\()\s{0,4}['"](\.{1,2}\/[^'"\n]{1,200})['"]/g;
  const targets = new Set<string>();
  for (const match of text.matchAll(imported)) {
    if (targets.size < maxImports) targets.add(`${folder}${match[1]}`);
  }
  return [...targets].flatMap((target) => {
    const file = resolveImport(tree, target);
    return file !== undefined && /\.[cm]?[jt]sx?$/.test(file) ? [file] : [];
  });
}

/** TypeScript's sources import each other by the names that they will have when compiled. */
function resolveImport(tree: SourceTree, target: string): string | undefined {
  return (
    resolveFile(tree, target.replace(/\.([cm]?)js$/, '.$1ts')) ??
    resolveFile(tree, target) ??
    resolveFile(tree, target.replace(/\.[cm]?jsx?$/, ''))
  );
}

function readText(tree: SourceTree, path: string, isCode = true): string | undefined {
  try {
    const text = tree.read(path)?.slice(0, maxCharacters);
    return text !== undefined && isCode ? withoutComments(text) : text;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (token) =>
    token.startsWith('/') ? token.replace(/[^\n]/g, ' ') : token,
  );
}
