import type { SourceTree } from '../../core/source-tree.js';
import { normalisePath, readCode, resolveFile, type SourceFile } from './sources.js';
import { readCompiler } from './tsconfig.js';

const maxFiles = 40;
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
    const text = readCode(tree, path);
    if (text === undefined) continue;
    sources.push({ path, text });
    for (const next of importsOf(tree, path, text)) if (!queue.includes(next)) queue.push(next);
  }
  return sources;
}

/** A compiled file's source: by `outDir` and `rootDir` of `tsconfig.json`, or by the usual folders. */
function sourceOf(tree: SourceTree, startFile: string): string | undefined {
  const there = resolveFile(tree, startFile);
  if (there !== undefined) return there;
  const path = normalisePath(startFile)?.replace(/\.[cm]?js$/, '');
  if (path === undefined) return undefined;
  const { outDir, rootDir } = compilerFolders(tree);
  for (const out of [outDir, 'dist', 'build', 'lib', 'out'].filter((one) => one !== undefined)) {
    if (out !== '' && !path.startsWith(`${out}/`)) continue;
    const rest = out === '' ? path : path.slice(out.length + 1);
    for (const root of [rootDir, 'src', ''].filter((one) => one !== undefined)) {
      const source = resolveFile(tree, root === '' ? rest : `${root}/${rest}`);
      if (source !== undefined) return source;
    }
  }
  return nestSource(tree, path);
}

/** In Nest's monorepo mode `dist/apps/x/main` comes from `apps/x/src/main` (https://docs.nestjs.com/cli/monorepo#monorepo-mode). */
function nestSource(tree: SourceTree, path: string): string | undefined {
  const inside = /^dist\/(.+)\/main$/.exec(path)?.[1];
  return inside === undefined || !tree.has('nest-cli.json') ? undefined : resolveFile(tree, `${inside}/src/main`);
}

function compilerFolders(tree: SourceTree): { readonly outDir?: string; readonly rootDir?: string } {
  const compilers = ['tsconfig.build.json', 'tsconfig.json'].map((file) => readCompiler(tree, file));
  return compilers.find((one) => one?.outDir !== undefined) ?? {};
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
