import { Failure } from '../../core/failure.js';
import { type Detection, type Fact, type Facts, fact, type Hints } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { jsonAt, jsonMembers } from '../../formats/json-document.js';
import { detectFramework, type Framework } from './framework.js';
import { detectHealth, detectHealthFile } from './health.js';
import { hinted, hintedOr } from './hints.js';
import { detectHost } from './host.js';
import { readSources } from './imported-sources.js';
import { detectInit } from './init.js';
import { detectInstallFiles } from './install-files.js';
import { type Manifest, plainText, readManifest } from './manifest.js';
import { chooseMember, inFolder, type Place } from './member.js';
import { detectNodeVersion } from './node-version.js';
import { detectManager } from './package-manager.js';
import { detectPort } from './port.js';
import { detectStart } from './start.js';
import { sourceStartedBy } from './started-file.js';
import { staticServer } from './static-server.js';
import { workspaceGlobs } from './workspaces.js';

const serverManifests = ['pom.xml', 'build.gradle', 'build.gradle.kts', 'go.mod'];

/**
 * A tree with a `package.json` is a Node project. Beside another server's manifest it is a helper's (`secondary`) when it
 * only builds files or starts nothing; such a helper's trouble is not the project's. Alone, it throws `detect.unreadable`,
 * `detect.unsupported` (nothing starts, unknown version, dependencies outside of the tree) or `detect.ambiguous` (several
 * workspace members that could be meant).
 */
export function detectNode(tree: SourceTree, hints: Hints): Detection | undefined {
  if (!tree.has('package.json')) return undefined;
  const neighbour = serverManifests.find((file) => tree.has(file));
  try {
    return detectIn(tree, hints, neighbour);
  } catch (error) {
    if (!(error instanceof Failure) || neighbour === undefined) throw error;
    return {
      name: tree.name,
      facts: {},
      claim: 'secondary',
      because: { file: 'package.json', because: `package.json is beside ${neighbour}: ${error.message}`.slice(0, 500) },
    };
  }
}

function detectIn(tree: SourceTree, hints: Hints, neighbour: string | undefined): Detection | undefined {
  const manifest = readManifest(tree, 'package.json');
  if (!manifest) return undefined;
  refuseOutsideDependencies(tree, manifest);
  const member = chooseMember(tree, manifest, hints);
  const place: Place = member ?? { folder: '', tree, manifest };
  const found = detectFramework(place.manifest);
  const start = hintedOr('node.start', () => detectStart(place.tree, place.manifest, found?.framework), hints);
  const version = hintedOr('node.version', () => versionIn(tree, manifest, place), hints);
  const {
    manager,
    version: managerVersion,
    exact,
    lockfile,
  } = detectManager(tree, manifest, String(version.value), hints);
  const framework = hinted('node.framework', found && inFolder(place.folder, found.fact), hints);
  const installFiles = detectInstallFiles(tree, manifest, workspaceGlobs(tree, manifest), lockfile);
  const build = hinted('node.build', buildFact(manifest, place, manager), hints);
  return {
    name: nameOf(place),
    facts: {
      'node.version': version,
      'node.package-manager': manager,
      'node.package-manager.version': managerVersion,
      ...(exact && { 'node.package-manager.exact': exact }),
      ...(lockfile && { 'node.lockfile': lockfile }),
      ...(installFiles && { 'node.install-files': installFiles }),
      ...(member && { 'node.workspace': member.fact }),
      ...(framework && { 'node.framework': framework }),
      ...(build && { 'node.build': build }),
      'node.start': inFolder(place.folder, start),
      ...listeningFacts(place, start, found?.framework, hints),
    },
    claim: neighbour !== undefined && isSite(start) ? 'secondary' : 'primary',
    because: { file: manifest.path, line: manifest.root.line, because: 'package.json is there' },
  };
}

function nameOf({ manifest, tree }: Place): string {
  const name = plainText(manifest, 'name');
  return name?.slice(name.lastIndexOf('/') + 1) || tree.name;
}

/** The root's statements count for every member; a member's own count where the root has none. */
function versionIn(root: SourceTree, manifest: Manifest, place: Place): Fact {
  const version = detectNodeVersion(root, manifest);
  if (place.folder === '' || version.from[0]?.file !== undefined) return version;
  return inFolder(place.folder, detectNodeVersion(place.tree, place.manifest));
}

/** `workspace:` needs the root of the workspace; `file:` and `link:` that lead out need what is not in the tree. */
function refuseOutsideDependencies(tree: SourceTree, manifest: Manifest): void {
  const isRoot = workspaceGlobs(tree, manifest).length > 0;
  for (const group of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const [name, node] of jsonMembers(jsonAt(manifest.root, group))) {
      const spec = typeof node.value === 'string' ? node.value : '';
      const isOutside = /^(file|link|portal):(\/|\.\.\/)/.test(spec) || (spec.startsWith('workspace:') && !isRoot);
      if (!isOutside) continue;
      throw new Failure('detect.unsupported', {
        message: `The dependency ${JSON.stringify(name.slice(0, 100))} (${JSON.stringify(spec.slice(0, 100))}) lies outside of this directory`,
        where: `${manifest.path}:${node.line}`,
        remedy: 'Run Slipway in the root of the workspace, and set node.start to the argv that starts this member.',
      });
    }
  }
}

/** The script `build` at the root, which in a workspace builds what the member needs too; else the member's own. */
function buildFact(root: Manifest, place: Place, manager: Fact): Fact | undefined {
  const script = root.scripts.get('build') ?? place.manifest.scripts.get('build');
  if (!script || script.value.trim() === '') return undefined;
  const isRoot = root.scripts.has('build');
  const folder = isRoot ? '' : place.folder;
  const shown = JSON.stringify(script.value.slice(0, 200));
  const evidence = { file: root.path, line: script.line, because: `scripts.build is ${shown}` };
  return inFolder(folder, fact(folder === '' ? 'build' : memberBuild(String(manager.value), folder), evidence));
}

function memberBuild(manager: string, folder: string): readonly string[] {
  switch (manager) {
    case 'pnpm':
      return ['pnpm', '--filter', `{${folder}}...`, 'run', 'build'];
    case 'yarn':
      return ['yarn', '--cwd', folder, 'run', 'build'];
    case 'bun':
      return ['bun', 'run', '--cwd', folder, 'build'];
    default:
      return ['npm', 'run', 'build', '--workspace', folder];
  }
}

function listeningFacts(place: Place, start: Fact, framework: Framework | undefined, hints: Hints): Facts {
  const argv = Array.isArray(start.value) ? (start.value as readonly string[]) : [];
  const file = sourceStartedBy(argv);
  const sources = file === undefined ? [] : readSources(place.tree, file);
  const found = {
    'node.init': detectInit(argv, sources, framework?.name),
    'node.host-variable': detectHost(sources, framework?.name, hints),
    port: detectPort(start, sources, framework),
    health: isSite(start) ? siteHealth : (detectHealth(sources) ?? detectHealthFile(place.tree, framework?.name)),
  };
  const facts = Object.entries(found).flatMap(([key, one]) => {
    const fact = hinted(key as keyof typeof found, one && inFolder(place.folder, one), hints);
    return fact ? [[key, fact] as const] : [];
  });
  return Object.fromEntries(facts);
}

const siteHealth = fact('/', { because: 'the static file server answers on every directory' });

function isSite(start: Fact): boolean {
  return Array.isArray(start.value) && start.value.includes(staticServer.path);
}
