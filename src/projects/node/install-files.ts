import { type Fact, fact } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { jsonAt, jsonMembers } from '../../formats/json-document.js';
import type { Manifest } from './manifest.js';
import { allMembers, manifestIn } from './workspaces.js';

/** Scripts of a package that its own installation runs (https://docs.npmjs.com/cli/using-npm/scripts#life-cycle-scripts). */
const lifecycle = [
  'preinstall',
  'install',
  'postinstall',
  'prepublish',
  'preprepare',
  'prepare',
  'postprepare',
  'pnpm:devPreinstall',
];

/** Such scripts that need nothing of the sources: git hooks, which a build has not, and a check of the manager's name. */
const harmless = /^(?:husky(?: install)?|npx (?:-y |--yes )?only-allow [a-z]+)$/;

/** Packages whose own installation reads the sources: Prisma makes its client from the schema. */
const readers = ['@prisma/client', 'prisma', '@zenstackhq/runtime'];

/** Files and folders that change what is installed, and may lead to any other file. */
const extensions = ['.yarn/cache', '.yarn/releases', '.yarn/plugins', '.yarn/patches', 'patches'];
const extensionFiles = ['.pnpmfile.cjs', '.pnpmfile.mjs', 'yarn.config.cjs', 'binding.gyp'];

const localSpec = /^(?:\.|\/|~\/)/;
const localText = /(?:^|["'\s])(?:file|link|portal|patch|exec):|patchedDependencies/m;

/**
 * The files that installing needs beside the manager's settings, where it needs no other of the sources: the lockfile, the
 * manifests of the root and of every member of its workspace. Undefined where a lifecycle script, a dependency in a directory,
 * a patch or a plug-in may read more, or where the members cannot all be told.
 */
export function detectInstallFiles(
  tree: SourceTree,
  manifest: Manifest,
  globs: readonly string[],
  lockfile: Fact | undefined,
): Fact | undefined {
  const members = allMembers(tree, globs);
  if (!members || members.length > 40 || !isSelfContained(tree)) return undefined;
  const manifests = members.map((folder) => manifestIn(tree, folder));
  const areMembers = manifests.every((one) => one !== undefined && isInstalledAlone(tree, one, true));
  if (!areMembers || !isInstalledAlone(tree, manifest, false)) return undefined;
  const files = [
    'package.json',
    ...(typeof lockfile?.value === 'string' ? [lockfile.value] : []),
    ...(tree.has('pnpm-workspace.yaml') ? ['pnpm-workspace.yaml'] : []),
    ...members.map((folder) => `${folder}/package.json`),
  ];
  return fact(files, {
    file: manifest.path,
    because: 'no lifecycle script, patch or local dependency needs the sources',
  });
}

function isSelfContained(tree: SourceTree): boolean {
  if (extensionFiles.some((file) => tree.has(file))) return false;
  if (extensions.some((folder) => tree.list(folder).length > 0)) return false;
  if (/^yarn-offline-mirror\s/m.test(tree.read('.yarnrc') ?? '')) return false;
  return !localText.test(tree.read('pnpm-workspace.yaml') ?? '');
}

/** A member's commands are linked when it is installed, which needs the files that they name. */
function isInstalledAlone(tree: SourceTree, manifest: Manifest, isMember: boolean): boolean {
  if (localText.test(tree.read(manifest.path) ?? '')) return false;
  if (isMember && (jsonAt(manifest.root, 'bin') || tree.has(manifest.path.replace(/package\.json$/, 'binding.gyp')))) {
    return false;
  }
  const scripts = lifecycle.map((name) => manifest.scripts.get(name)?.value.trim() ?? '');
  if (scripts.some((script) => script !== '' && !harmless.test(script))) return false;
  if (readers.some((name) => manifest.dependencies.has(name) || manifest.devDependencies.has(name))) return false;
  return !hasLocalDependency(manifest);
}

function hasLocalDependency({ root }: Manifest): boolean {
  return ['dependencies', 'devDependencies', 'optionalDependencies'].some((group) =>
    jsonMembers(jsonAt(root, group)).some(([, { value }]) => typeof value === 'string' && localSpec.test(value)),
  );
}
