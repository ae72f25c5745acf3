import { Failure } from '../../core/failure.js';
import { type Detection, type Fact, type Facts, fact, type Hints } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { jsonAt, jsonMembers } from '../../formats/json-document.js';
import { detectBuild } from './build.js';
import { detectFramework, type Framework } from './framework.js';
import { detectHealth, detectHealthFile } from './health.js';
import { hinted, hintedOr } from './hints.js';
import { detectHost } from './host.js';
import { readSources } from './imported-sources.js';
import { detectInit } from './init.js';
import { detectInstallFiles } from './install-files.js';
import { type Manifest, plainText, readManifest } from './manifest.js';
import { chooseMember, inFolder, type Place } from './member.js';
import { expandGlobs } from './member-globs.js';
import { detectNative } from './native.js';
import { detectNodeVersion } from './node-version.js';
import { detectManager, type ManagerFacts } from './package-manager.js';
import { detectPort } from './port.js';
import { detectPrisma } from './prisma.js';
import { readVersionTable } from './read-version-table.js';
import { detectRegistryVariables } from './registry-variables.js';
import { detectStart } from './start.js';
import { sourceStartedBy } from './started-file.js';
import { staticServer } from './static-server.js';
import type { VersionTable } from './version-table.js';
import { workspaceGlobs } from './workspaces.js';
import { detectCheckedInCache, detectLinker } from './yarn-settings.js';

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
  const table = readVersionTable(tree);
  const found = detectFramework(place.manifest);
  const start = hintedOr('node.start', () => startIn(place, found?.framework, hints), hints);
  const version = hintedOr('node.version', () => versionIn(tree, manifest, place, table), hints);
  if (!hints['node.start']) refuseTypeScript(start, String(version.value), place);
  const managing = detectManager(tree, manifest, { major: String(version.value), table }, hints);
  const { manager, lockfile } = managing;
  const framework = hinted('node.framework', found && inFolder(place.folder, found.fact), hints);
  const installFiles = detectInstallFiles(tree, manifest, workspaceGlobs(tree, manifest), lockfile);
  const build = detectBuild(tree, manifest, place, manager);
  const script = hinted('node.build', build.script, hints);
  return {
    name: nameOf(place),
    facts: {
      'node.version': version,
      ...managerFacts(tree, managing),
      ...nativeFacts(tree, manifest, place, lockfile),
      ...(installFiles && { 'node.install-files': installFiles }),
      ...(member && { 'node.workspace': member.fact, 'node.members': member.all }),
      ...(framework && { 'node.framework': framework }),
      ...(script && { 'node.build': script }),
      ...(build.before && !hints['node.build'] && { 'node.build-before': build.before }),
      'node.start': inFolder(place.folder, start),
      ...listeningFacts(place, start, found?.framework, hints),
    },
    claim: neighbour !== undefined && isSite(start) ? 'secondary' : 'primary',
    because: { file: manifest.path, line: manifest.root.line, because: 'package.json is there' },
  };
}

/** Node runs TypeScript by itself from 22.18 on: https://nodejs.org/api/typescript.html#type-stripping. */
function refuseTypeScript(start: Fact, version: string, { folder, manifest }: Place): void {
  const argv = Array.isArray(start.value) ? (start.value as readonly string[]) : [];
  const file = argv[0] === 'node' && argv.length === 2 ? (argv[1] ?? '') : '';
  if (Number(version) >= 22 || !/\.[cm]?tsx?$/.test(file)) return;
  const path = folder === '' ? manifest.path : `${folder}/${manifest.path}`;
  const [evidence] = start.from;
  throw new Failure('detect.unsupported', {
    message: `Node ${version} cannot run ${file}, which is TypeScript`,
    where: evidence?.line ? `${path}:${evidence.line}` : path,
    remedy:
      'Compile it in a script `build` and start what that makes; or state Node 22 or newer, which leaves the types out by itself.',
  });
}

/** A member's failure names its files as they are seen from the root. */
function startIn({ folder, tree, manifest }: Place, framework: Framework | undefined, hints: Hints): Fact {
  try {
    return detectStart(tree, manifest, framework, hints['node.build'] !== undefined);
  } catch (error) {
    if (!(error instanceof Failure) || folder === '') throw error;
    const { code, message, where, remedy, candidates } = error;
    throw new Failure(code, {
      message,
      ...(where !== undefined && { where: `${folder}/${where}` }),
      ...(remedy !== undefined && { remedy }),
      ...(candidates !== undefined && { candidates }),
      cause: error,
    });
  }
}

function managerFacts(tree: SourceTree, managing: ManagerFacts): Facts {
  const { manager, version, exact, lockfile, frozen } = managing;
  const isBerry = manager.value === 'yarn' && version.value !== '1';
  const cache = isBerry ? detectCheckedInCache(tree) : undefined;
  const variables = detectRegistryVariables(tree);
  return {
    'node.package-manager': manager,
    'node.package-manager.version': version,
    ...(exact && { 'node.package-manager.exact': exact }),
    ...(lockfile && { 'node.lockfile': lockfile }),
    ...(frozen && { 'node.lockfile.frozen': frozen }),
    ...(isBerry && { 'node.linker': detectLinker(tree) }),
    ...(cache && { 'node.checked-in-cache': cache }),
    ...(variables && { 'node.registry-variables': variables }),
  };
}

function nativeFacts(tree: SourceTree, root: Manifest, place: Place, lockfile: Fact | undefined): Facts {
  const members = expandGlobs(tree, workspaceGlobs(tree, root));
  const manifests = place.folder === '' ? [root] : [{ ...place.manifest, path: `${place.folder}/package.json` }, root];
  const { compiled, browser } = detectNative(tree, manifests, members, lockfile);
  const { openssl, generate } = detectPrisma(place.tree, place.manifest);
  return {
    ...(compiled && { 'node.compiled': compiled }),
    ...(openssl && { 'node.openssl': inFolder(place.folder, openssl) }),
    ...(generate && place.folder === '' && { 'node.generate': generate }),
    ...(browser && { 'node.browser': browser }),
  };
}

function nameOf({ manifest, tree }: Place): string {
  const name = plainText(manifest, 'name');
  return name?.slice(name.lastIndexOf('/') + 1) || tree.name;
}

/** The root's statements count for every member, since all are installed at once; a member's own count where the root has none. */
function versionIn(root: SourceTree, manifest: Manifest, place: Place, table: VersionTable): Fact {
  const version = detectNodeVersion(root, manifest, table);
  if (place.folder === '') return version;
  const own = inFolder(place.folder, detectNodeVersion(place.tree, place.manifest, table));
  const isStated = (one: Fact) => one.from.some(({ file }) => file !== undefined && file !== table.file);
  if (!isStated(version)) return own;
  if (!isStated(own) || own.value === version.value) return version;
  return {
    ...version,
    rejected: [...version.rejected, ...own.from.slice(0, 1).map((from) => ({ ...from, value: own.value }))],
  };
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
        remedy: outsideRemedy(spec, manifest),
      });
    }
  }
}

function outsideRemedy(spec: string, manifest: Manifest): string {
  const name = plainText(manifest, 'name') ?? 'this one';
  if (!spec.startsWith('workspace:')) {
    return 'Run Slipway in the directory that holds both, with node.workspace set to this one where that is a workspace; or bring the dependency into this directory.';
  }
  return `Run Slipway in the root of the workspace, the nearest directory above with pnpm-workspace.yaml or "workspaces", and set node.workspace to the folder of ${name.slice(0, 100)} as seen from there: slipway build ../.. --set node.workspace=FOLDER.`;
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
