import { Failure } from '../../core/failure.js';
import { type Detection, type Evidence, type Fact, type Facts, fact, type Hints } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { jsonAt, jsonMembers } from '../../formats/json-document.js';
import { detectFramework, type Framework } from './framework.js';
import { detectHealth } from './health.js';
import { hinted, hintedOr } from './hints.js';
import { lineOf, type Manifest, plainText, readManifest } from './manifest.js';
import { detectNodeVersion } from './node-version.js';
import { detectManager } from './package-manager.js';
import { detectPort } from './port.js';
import { readSources } from './sources.js';
import { detectStart, fileStartedBy } from './start.js';
import { staticServer } from './static-server.js';
import { deployableMembers, workspaceGlobs } from './workspaces.js';

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
  const found = detectFramework(manifest);
  const start = hintedOr('node.start', () => startFact(tree, manifest, found?.framework), hints);
  const version = hintedOr('node.version', () => detectNodeVersion(tree, manifest), hints);
  const {
    manager,
    version: managerVersion,
    exact,
    lockfile,
  } = detectManager(tree, manifest, String(version.value), hints);
  const isSite = Array.isArray(start.value) && start.value.includes(staticServer.path);
  const framework = hinted('node.framework', found?.fact, hints);
  const build = hinted('node.build', buildFact(manifest), hints);
  return {
    name: nameOf(manifest, tree),
    facts: {
      'node.version': version,
      'node.package-manager': manager,
      'node.package-manager.version': managerVersion,
      ...(exact && { 'node.package-manager.exact': exact }),
      ...(lockfile && { 'node.lockfile': lockfile }),
      ...(framework && { 'node.framework': framework }),
      ...(build && { 'node.build': build }),
      'node.start': start,
      ...listeningFacts(tree, start, found?.framework, hints),
    },
    claim: neighbour !== undefined && isSite ? 'secondary' : 'primary',
    because: { file: manifest.path, line: manifest.root.line, because: 'package.json is there' },
  };
}

function nameOf(manifest: Manifest, tree: SourceTree): string {
  const name = plainText(manifest, 'name');
  return name?.slice(name.lastIndexOf('/') + 1) || tree.name;
}

function startFact(tree: SourceTree, manifest: Manifest, framework: Framework | undefined): Fact {
  const globs = workspaceGlobs(tree, manifest);
  const isOwnService = manifest.scripts.has('start') || framework?.makes === 'server';
  if (globs.length === 0 || isOwnService) {
    try {
      return detectStart(tree, manifest, framework);
    } catch (error) {
      if (globs.length === 0 || !(error instanceof Failure)) throw error;
    }
  }
  throw memberWanted(tree, manifest, globs);
}

function memberWanted(tree: SourceTree, manifest: Manifest, globs: readonly string[]): Failure {
  const members = deployableMembers(tree, globs);
  const line = lineOf(manifest, 'workspaces');
  const where = line ? `${manifest.path}:${line}` : manifest.path;
  if (members.length > 1) {
    return new Failure('detect.ambiguous', {
      message: `This workspace has ${members.length} members that could be the service`,
      where,
      remedy:
        'Set node.start to the argv that starts the one you mean, and node.build to a root script that builds it.',
      candidates: members,
    });
  }
  const [only] = members;
  return new Failure('detect.unsupported', {
    message: only
      ? `The service is the workspace member ${only}; building one member is not supported yet`
      : 'This is a workspace root, and no member says how it starts in production',
    where,
    remedy: only
      ? `Set node.start to the argv that starts it from the root, e.g. ["node","${only}/dist/server.js"].`
      : "Add a script 'start' to the member that is the service, or set node.start to an argv.",
  });
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

function buildFact(manifest: Manifest): Fact | undefined {
  const script = manifest.scripts.get('build');
  if (!script || script.value.trim() === '') return undefined;
  const shown = JSON.stringify(script.value.slice(0, 200));
  return fact('build', { file: manifest.path, line: script.line, because: `scripts.build is ${shown}` });
}

function listeningFacts(tree: SourceTree, start: Fact, framework: Framework | undefined, hints: Hints): Facts {
  const file = Array.isArray(start.value) ? fileStartedBy(start.value) : undefined;
  const sources = file === undefined ? [] : readSources(tree, file);
  const port = hinted('port', detectPort(start, sources, framework), hints);
  const health = hinted('health', healthOf(start, sources), hints);
  return { ...(port && { port }), ...(health && { health }) };
}

function healthOf(start: Fact, sources: Parameters<typeof detectHealth>[0]): Fact | undefined {
  const isSite = Array.isArray(start.value) && start.value.includes(staticServer.path);
  const evidence: Evidence = { because: 'the static file server answers on every directory' };
  return isSite ? fact('/', evidence) : detectHealth(sources);
}
