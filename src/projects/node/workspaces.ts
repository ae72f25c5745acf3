import { parse } from 'yaml';
import { Failure } from '../../core/failure.js';
import type { SourceTree } from '../../core/source-tree.js';
import { jsonAt, jsonElements } from '../../formats/json-document.js';
import { detectFramework } from './framework.js';
import { type Manifest, readManifest } from './manifest.js';
import { normalisePath } from './sources.js';
import { detectStart } from './start.js';

const maxMembers = 300;
const maxGlobs = 50;

/** The globs of a workspaces root: `workspaces` of `package.json`, or `packages` of `pnpm-workspace.yaml`. Empty for a single package. */
export function workspaceGlobs(tree: SourceTree, manifest: Manifest): readonly string[] {
  const field = jsonAt(manifest.root, 'workspaces');
  const list = Array.isArray(field?.value) ? field : jsonAt(field, 'packages');
  const globs = jsonElements(list).flatMap((one) => (typeof one.value === 'string' ? [one.value] : []));
  return globs.length > 0 ? globs : pnpmGlobs(tree.read('pnpm-workspace.yaml'));
}

/** The folders of the members that start as a service, sorted. */
export function deployableMembers(tree: SourceTree, globs: readonly string[]): readonly string[] {
  return membersOf(tree, globs).filter((folder) => isDeployable(tree, folder));
}

/** The folders of all members, sorted; undefined where the globs are more than names and `folder/*`, or name too many. */
export function allMembers(tree: SourceTree, globs: readonly string[]): readonly string[] | undefined {
  if (globs.length > maxGlobs || !globs.every((glob) => /^(?:\*|[^*!?[{]+(?:\/\*)?)$/.test(glob))) return undefined;
  const members = membersOf(tree, globs);
  return members.length < maxMembers ? members : undefined;
}

function pnpmGlobs(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  try {
    const value: unknown = parse(text, { maxAliasCount: 0, logLevel: 'silent' });
    const packages = typeof value === 'object' && value !== null && 'packages' in value ? value.packages : undefined;
    return Array.isArray(packages) ? packages.filter((one): one is string => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

function membersOf(tree: SourceTree, globs: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const glob of globs.filter((one) => !one.startsWith('!')).slice(0, maxGlobs)) {
    const path = normalisePath(glob.replace(/\/\*\*?$/, ''));
    if (path === undefined || path.includes('*')) continue;
    const isGlob = /\/\*\*?$/.test(glob) || glob === '*';
    for (const folder of isGlob ? foldersIn(tree, path) : [path]) {
      if (found.size < maxMembers && isPlainPath(folder) && tree.has(`${folder}/package.json`)) found.add(folder);
    }
  }
  return [...found].sort();
}

function foldersIn(tree: SourceTree, path: string): readonly string[] {
  const entries = tree.list(path).slice(0, maxMembers);
  return entries.flatMap(({ name, type }) =>
    type === 'directory' && name !== 'node_modules' ? [path === '' ? name : `${path}/${name}`] : [],
  );
}

/** A member is a service when it has a server's framework or a start script, and can be started. */
function isDeployable(tree: SourceTree, folder: string): boolean {
  const below = subtree(tree, folder);
  try {
    const manifest = readManifest(below, 'package.json');
    if (!manifest) return false;
    const framework = detectFramework(manifest)?.framework;
    if (!framework && !manifest.scripts.has('start')) return false;
    return detectStart(below, manifest, framework) !== undefined;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/** The tree as it is seen from one of its folders. */
export function subtree(tree: SourceTree, folder: string): SourceTree {
  const inside = (path: string) => (path === '' || path === '.' ? folder : `${folder}/${path}`);
  return {
    name: folder.slice(folder.lastIndexOf('/') + 1),
    read: (path) => tree.read(inside(path)),
    has: (path) => tree.has(inside(path)),
    list: (path) => tree.list(inside(path)),
  };
}

/** A path that a Dockerfile's WORKDIR takes as it is written. */
export function isPlainPath(path: string): boolean {
  return /^[A-Za-z0-9_@][\w@.-]*(?:\/[A-Za-z0-9_@][\w@.-]*)*$/.test(path);
}
