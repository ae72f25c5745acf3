import { type Fact, fact } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { type Manifest, plainText } from './manifest.js';
import { inFolder, type Place } from './member.js';
import { readCommands } from './script-words.js';
import { buildWithin } from './start-script.js';
import { manifestIn, neededMembers, workspaceGlobs } from './workspaces.js';

/** How the service is built. */
export interface BuildFacts {
  /** A script of the root, or an argv; undefined where nothing is built. */
  readonly script?: Fact;
  /** Folders of the members that have to be built before the service, each after what it depends on itself. */
  readonly before?: Fact;
}

/**
 * The root's script `build`, which in a workspace builds what the member needs too: where it is a task runner (turbo, nx, lerna),
 * only for the member and what that depends on. Without one, the member's own script after those of the members that it needs.
 */
export function detectBuild(tree: SourceTree, root: Manifest, place: Place, manager: Fact): BuildFacts {
  const script = scriptOf(root);
  const name = String(manager.value);
  if (script) return { script: rootBuild(root, place, name, script.value) };
  const own = scriptOf(place.manifest);
  const before = membersBefore(tree, root, place);
  const because = 'members that it depends on have a build script, and the root has none';
  const first = before.length > 0 ? { before: fact(before, { file: `${place.folder}/package.json`, because }) } : {};
  if (!own) {
    const within = place.folder === '' ? buildWithin(root) : undefined;
    if (!within) return first;
    const because = `scripts.${within.start} builds before it starts, and no script 'build' does`;
    return { ...first, script: fact(within.run, { file: root.path, line: within.line, because }) };
  }
  const evidence = { file: place.manifest.path, line: own.line, because: `scripts.build is ${shown(own.value)}` };
  return { ...first, script: inFolder(place.folder, fact(memberBuild(name, place.folder), evidence)) };
}

/** The argv that runs a member's script `build` from the root. */
export function memberBuild(manager: string, folder: string): readonly string[] {
  switch (manager) {
    case 'pnpm':
      return ['pnpm', '--filter', `./${folder}`, 'run', 'build'];
    case 'yarn':
      return ['yarn', '--cwd', folder, 'run', 'build'];
    case 'bun':
      return ['bun', 'run', '--cwd', folder, 'build'];
    default:
      return ['npm', 'run', 'build', '--workspace', folder];
  }
}

function rootBuild(root: Manifest, place: Place, manager: string, text: string): Fact {
  const evidence = { file: root.path, ...lineOfBuild(root), because: `scripts.build is ${shown(text)}` };
  const narrow = place.folder === '' ? undefined : narrowing(text, plainText(place.manifest, 'name'));
  if (!narrow) return fact('build', evidence);
  const because = `${narrow.join(' ')}: only the service and what it depends on`;
  return fact([manager, 'run', 'build', ...(manager === 'npm' ? ['--'] : []), ...narrow], [evidence, { because }]);
}

/**
 * What makes a task runner build one project and its dependencies: https://turborepo.com/docs/reference/run#--filter-string,
 * https://nx.dev/nx-api/nx/documents/run-many, https://github.com/lerna/lerna/tree/main/libs/commands/filter-options.
 */
function narrowing(script: string, name: string | undefined): readonly string[] | undefined {
  const argv = readCommands(script)?.at(-1)?.argv ?? [];
  const isNarrow = argv.some((word) => /^(-F|-p|--filter|--projects?|--scope|--affected)(=|$)/.test(word));
  if (name === undefined || !/^(@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*$/.test(name) || isNarrow) return undefined;
  if (argv[0] === 'turbo') return [`--filter=${name}...`];
  if (argv[0] === 'nx' && argv[1] === 'run-many') return [`--projects=${name}`];
  return argv[0] === 'lerna' && argv[1] === 'run' ? [`--scope=${name}`, '--include-dependencies'] : undefined;
}

function membersBefore(tree: SourceTree, root: Manifest, place: Place): readonly string[] {
  if (place.folder === '') return [];
  const needed = neededMembers(tree, workspaceGlobs(tree, root), place.folder, 'build');
  return needed.filter((folder) => folder !== place.folder && buildsItself(tree, folder));
}

function buildsItself(tree: SourceTree, folder: string): boolean {
  const manifest = manifestIn(tree, folder);
  return manifest !== undefined && scriptOf(manifest) !== undefined;
}

function scriptOf(manifest: Manifest): { readonly value: string; readonly line: number } | undefined {
  const script = manifest.scripts.get('build');
  return script && script.value.trim() !== '' ? script : undefined;
}

function lineOfBuild(manifest: Manifest): { readonly line?: number } {
  const line = manifest.scripts.get('build')?.line;
  return line === undefined ? {} : { line };
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
