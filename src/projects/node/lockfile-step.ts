import semver from 'semver';
import { Failure } from '../../core/failure.js';
import type { FileRole, SourceTree } from '../../core/source-tree.js';
import { jsonAt, jsonMembers, jsonText, parseJsonDocument } from '../../formats/json-document.js';
import type { Lockfile } from './lockfiles.js';
import type { Manifest } from './manifest.js';
import { readPnpmSpecifiers } from './pnpm-lock.js';

/** One thing that a manifest asks for and the lockfile does not have. */
export interface Gap {
  readonly file: string;
  readonly line: number;
  /** `ms is ^3.0.0, and package-lock.json has 2.1.3`. */
  readonly because: string;
}

interface Asked {
  readonly name: string;
  readonly spec: string;
  readonly line: number;
}

/** What a lockfile has in answer to a dependency: undefined where that answer is right or cannot be told. */
type Check = (folder: string, asked: Asked) => string | undefined;

/** In UTF-16 units. A larger lockfile is not compared: the manager itself will say it. */
const maxSize = 2_000_000;

/**
 * The first dependency for which a lockfile has nothing that fits, so that a frozen installation would fail. Manifests with their
 * folder, `''` for the root. Undefined where all fits, and where that cannot be told without the manager.
 */
export function findGap(
  tree: SourceTree,
  lock: Lockfile,
  manifests: readonly (readonly [folder: string, manifest: Manifest])[],
): Gap | undefined {
  const check = checkOf(tree, lock);
  if (!check) return undefined;
  const own = new Set(manifests.map(([, one]) => jsonText(one.root, 'name')));
  for (const [folder, manifest] of manifests) {
    for (const asked of askedBy(manifest)) {
      const has = own.has(asked.name) ? undefined : check(folder, asked);
      if (has === undefined) continue;
      const file = folder === '' ? 'package.json' : `${folder}/package.json`;
      const spec = JSON.stringify(asked.spec.slice(0, 60));
      return { file, line: asked.line, because: `${asked.name.slice(0, 100)} is ${spec}, and ${lock.file} has ${has}` };
    }
  }
  return undefined;
}

function* askedBy({ root }: Manifest): Generator<Asked> {
  for (const group of ['dependencies', 'devDependencies']) {
    for (const [name, { value, line }] of jsonMembers(jsonAt(root, group))) {
      if (typeof value === 'string') yield { name, spec: value, line };
    }
  }
}

function checkOf(tree: SourceTree, lock: Lockfile): Check | undefined {
  if (lock.file.endsWith('.lockb')) return undefined;
  const text = textOf(tree, lock.file, 'lockfile');
  if (text === undefined || text.length > maxSize) return undefined;
  switch (lock.manager) {
    case 'npm':
      return npmCheck(text, hasOwn(tree, 'overrides'));
    case 'pnpm':
      return tree.has('.pnpmfile.cjs') || tree.has('.pnpmfile.mjs') ? undefined : pnpmCheck(tree, text);
    case 'yarn':
      return yarnCheck(text, hasOwn(tree, 'resolutions'));
    case 'bun':
      return bunCheck(text);
  }
}

function textOf(tree: SourceTree, file: string, role?: FileRole): string | undefined {
  try {
    return tree.read(file, role);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Members that replace what the manifests ask for, so that only names can be compared. */
function hasOwn(tree: SourceTree, key: 'overrides' | 'resolutions'): boolean {
  return new RegExp(`"${key}"\\s*:`).test(textOf(tree, 'package.json') ?? '');
}

/** `npm ci` compares what is locked with what is asked, not the texts (https://docs.npmjs.com/cli/commands/npm-ci). */
function npmCheck(text: string, hasOverrides: boolean): Check | undefined {
  const packages = npmPackages(text);
  if (!packages) return undefined;
  const versionAt = (path: string): string | undefined => {
    const entry = Object.hasOwn(packages, path) ? packages[path] : undefined;
    if (typeof entry !== 'object' || entry === null) return undefined;
    return 'version' in entry && typeof entry.version === 'string' ? entry.version : '';
  };
  return (folder, { name, spec }) => {
    const version = versionAt(`${folder}/node_modules/${name}`) ?? versionAt(`node_modules/${name}`);
    if (version === undefined) return 'none';
    const range = spec.length > 200 ? null : semver.validRange(spec);
    const isJudged = !hasOverrides && range !== null && semver.valid(version) !== null;
    return isJudged && !semver.satisfies(version, range, { includePrerelease: true }) ? version : undefined;
  };
}

/** Undefined for the format of npm 6, which has no `packages`. */
function npmPackages(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const packages = typeof value === 'object' && value !== null && 'packages' in value ? value.packages : undefined;
    return typeof packages === 'object' && packages !== null ? { ...packages } : undefined;
  } catch {
    return undefined;
  }
}

/** pnpm compares the texts of the specifiers; overrides and hooks change what it compares. */
function pnpmCheck(tree: SourceTree, text: string): Check | undefined {
  const hasOverrides =
    hasOwn(tree, 'overrides') ||
    /^overrides:/m.test(text) ||
    /^overrides:/m.test(textOf(tree, 'pnpm-workspace.yaml') ?? '');
  const importers = readPnpmSpecifiers(text);
  if (!importers || importers.size === 0) return undefined;
  return (folder, { name, spec }) => {
    const recorded = importers.get(folder === '' ? '.' : folder)?.get(name);
    if (recorded === undefined) return 'none';
    return recorded === spec || hasOverrides ? undefined : recorded.slice(0, 60);
  };
}

/** Each entry is called by the specifiers that it answers: `ms@^2.1.3, ms@2`, from yarn 2 on `"ms@npm:^2.1.3"`. */
function yarnCheck(text: string, hasResolutions: boolean): Check {
  const keys = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    if (!/^["\w@]/.test(line)) continue;
    for (const key of line.replace(/:\s*$/, '').replaceAll('"', '').split(', ')) {
      const at = key.indexOf('@', 1);
      const [name, spec] = [key.slice(0, at), key.slice(at + 1)];
      const specs = keys.get(name);
      if (specs) specs.push(spec);
      else keys.set(name, [spec]);
    }
  }
  return (_folder, { name, spec }) => {
    if (/^(?:link|file|portal|workspace):/.test(spec)) return undefined;
    const recorded = keys.get(name);
    if (recorded === undefined) return 'none';
    const isThere = recorded.some((one) => one === spec || one.endsWith(`:${spec}`) || one.startsWith('patch:'));
    const isJudged = !hasResolutions && spec.length <= 200 && semver.validRange(spec) !== null;
    return isThere || !isJudged ? undefined : recorded.join(', ').slice(0, 60);
  };
}

function bunCheck(text: string): Check | undefined {
  const workspaces = bunWorkspaces(text);
  if (!workspaces) return undefined;
  return (folder, { name, spec }) => {
    const groups = ['dependencies', 'devDependencies', 'optionalDependencies'];
    const recorded = groups.map((group) => jsonText(workspaces, folder, group, name)).find((one) => one !== undefined);
    if (recorded === undefined) return 'none';
    return recorded === spec ? undefined : recorded.slice(0, 60);
  };
}

function bunWorkspaces(text: string): ReturnType<typeof jsonAt> {
  try {
    return jsonAt(parseJsonDocument(text, { relaxed: true, members: ['workspaces'] }), 'workspaces');
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
