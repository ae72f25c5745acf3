import { parse } from 'yaml';
import { describeError, Failure } from '../../core/failure.js';
import type { SourceTree } from '../../core/source-tree.js';
import { jsonAt, jsonElements, jsonText } from '../../formats/json-document.js';
import { isDeepYaml } from '../../formats/yaml-depth.js';
import { detectFramework } from './framework.js';
import { type Manifest, readManifest } from './manifest.js';
import { expandGlobs } from './member-globs.js';
import { detectStart } from './start.js';
import { staticServer } from './static-server.js';

const maxMembers = 300;
const maxGlobs = 50;
const maxCharacters = 100_000;

/** The globs of a workspaces root: `workspaces` of `package.json`, or `packages` of `pnpm-workspace.yaml`. Empty for a single package. Throws `detect.unreadable` for YAML that is none. */
export function workspaceGlobs(tree: SourceTree, manifest: Manifest): readonly string[] {
  const field = jsonAt(manifest.root, 'workspaces');
  const list = Array.isArray(field?.value) ? field : jsonAt(field, 'packages');
  const globs = jsonElements(list).flatMap((one) => (typeof one.value === 'string' ? [one.value] : []));
  return globs.length > 0 ? globs : pnpmGlobs(tree.read('pnpm-workspace.yaml'));
}

/** The folders of the members that start as a service, sorted. */
export function deployableMembers(tree: SourceTree, globs: readonly string[]): readonly string[] {
  return expandGlobs(tree, globs).filter((folder) => isDeployable(tree, folder));
}

/**
 * The folders of members that could be a service as well as the only one that starts, though how they start is not known: beside
 * a server those with a server's framework and a start script; beside a site, which most often belongs to a server, all with such a
 * framework or a command; beside an example all with a start script. What the only one depends on is none.
 */
export function possibleServices(tree: SourceTree, globs: readonly string[], only: string): readonly string[] {
  const needed = neededMembers(tree, globs, only, 'build');
  const isSite = makesSite(tree, only);
  return expandGlobs(tree, globs).filter((folder) => {
    const manifest = needed.includes(folder) ? undefined : manifestIn(tree, folder);
    if (!manifest) return false;
    const isServer = detectFramework(manifest)?.framework.makes === 'server';
    if (isAside.test(only) && !isAside.test(folder) && manifest.scripts.has('start')) return true;
    if (isSite) return isServer || jsonAt(manifest.root, 'bin') !== undefined;
    return isServer && ['start', 'start:prod'].some((name) => manifest.scripts.has(name));
  });
}

/** Folders of what shows or tests the service: one of these that starts is not what is meant by the whole. */
const isAside = /^(examples?|demos?|samples?|playgrounds?|e2e|tests?|benchmarks?|docs?|website)(\/|$)/;

function makesSite(tree: SourceTree, folder: string): boolean {
  const below = subtree(tree, folder);
  const manifest = manifestIn(tree, folder);
  const start = manifest && detectStart(below, manifest, detectFramework(manifest)?.framework).value;
  return Array.isArray(start) && start.includes(staticServer.path);
}

/**
 * The folders of a member and of all members that it depends on, by way of others too: each after what it depends on itself.
 * `run`: what is there at run time; `build`: development dependencies as well.
 */
export function neededMembers(
  tree: SourceTree,
  globs: readonly string[],
  folder: string,
  time: 'run' | 'build',
): readonly string[] {
  const members = new Map(expandGlobs(tree, globs).map((one) => [one, manifestIn(tree, one)]));
  const folders = new Map([...members].map(([one, manifest]) => [manifest && jsonText(manifest.root, 'name'), one]));
  const seen = new Set<string>();
  const ordered: string[] = [];
  function add(one: string): void {
    if (seen.has(one)) return;
    seen.add(one);
    const { dependencies = [], devDependencies = [] } = members.get(one) ?? {};
    for (const name of [...dependencies, ...(time === 'build' ? devDependencies : [])]) {
      const found = folders.get(name);
      if (found !== undefined) add(found);
    }
    ordered.push(one);
  }
  add(folder);
  return ordered;
}

/** A member's manifest; undefined where it cannot be read: whether that matters is for the manager to say. */
export function manifestIn(tree: SourceTree, folder: string): Manifest | undefined {
  try {
    return readManifest(tree, `${folder}/package.json`);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** The folders of all members, sorted; undefined where the globs are more than names and `folder/*`, or name too many. */
export function allMembers(tree: SourceTree, globs: readonly string[]): readonly string[] | undefined {
  if (globs.length > maxGlobs || !globs.every((glob) => /^(?:\*|[^*!?[{]+(?:\/\*)?)$/.test(glob))) return undefined;
  const members = expandGlobs(tree, globs);
  return members.length < maxMembers ? members : undefined;
}

function pnpmGlobs(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  const value = parseWorkspaceFile(text);
  const packages = typeof value === 'object' && value !== null && 'packages' in value ? value.packages : undefined;
  return Array.isArray(packages) ? packages.filter((one): one is string => typeof one === 'string') : [];
}

function parseWorkspaceFile(text: string): unknown {
  if (text.length > maxCharacters) throw unreadable(`it has more than ${maxCharacters} characters`);
  if (isDeepYaml(text)) throw unreadable('it is nested too deeply');
  try {
    return parse(text, { logLevel: 'silent' });
  } catch (error) {
    throw unreadable(describeError(error), error);
  }
}

function unreadable(why: string, cause?: unknown): Failure {
  return new Failure('detect.unreadable', {
    message: `pnpm-workspace.yaml cannot be read: ${why}`,
    where: 'pnpm-workspace.yaml',
    remedy: 'Repair it so that pnpm can read it, or remove it where nothing uses pnpm.',
    ...(cause !== undefined && { cause }),
  });
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
    read: (path, role) => tree.read(inside(path), role),
    has: (path) => tree.has(inside(path)),
    list: (path) => tree.list(inside(path)),
  };
}
