import { Failure } from '../../core/failure.js';
import type { SourceTree } from '../../core/source-tree.js';
import { readMainPackage } from './main-packages.js';
import { inDirectory } from './paths.js';

/** Files that make a tree without go.mod somebody else's, whatever Go files lie in it. */
const otherManifests = ['package.json', 'pom.xml', 'build.gradle', 'build.gradle.kts', 'Cargo.toml', 'pyproject.toml'];

/** Files of the package managers before modules: https://go.dev/wiki/PackageManagementTools. */
const oldManifests = [
  'Gopkg.toml',
  'Gopkg.lock',
  'glide.yaml',
  'Godeps/Godeps.json',
  'vendor/vendor.json',
  'vendor.conf',
];

/**
 * Throws `detect.unsupported` for a Go program without a module, and `detect.ambiguous`, with the programs, for a tree that
 * has modules only deeper than anybody else looks.
 */
export function refuseWithoutModule(tree: SourceTree): void {
  if (otherManifests.some((manifest) => tree.has(manifest))) return;
  refuseProgram(tree);
  const programs = findPrograms(tree);
  if (programs.length === 0) return;
  throw new Failure('detect.ambiguous', {
    message: `There is no go.mod here, but ${programs.length === 1 ? 'a Go program is' : `${programs.length} Go programs are`} below`,
    where: tree.name,
    remedy: 'Choose one with --set go.main=./DIR, or run Slipway in its directory; a go.work here would link them.',
    candidates: programs.map((directory) => `./${directory}`),
  });
}

function refuseProgram(tree: SourceTree): void {
  const old = oldManifests.find((manifest) => tree.has(manifest));
  const main = ['', ...commandDirectories(tree)].flatMap(
    (directory) => readMainPackage(tree, directory, true) ?? [],
  )[0];
  if (!main) return;
  throw new Failure('detect.unsupported', {
    message: `This is a Go program without a go.mod${old === undefined ? '' : `: its dependencies are in ${old}, which go no longer reads`}`,
    where: `${main.file}:${main.line}`,
    remedy: `Run \`go mod init NAME\` and \`go mod tidy\`${old === undefined ? '' : ` (Go 1.21 and older take the versions over from ${old})`}, and commit go.mod and go.sum.`,
  });
}

function commandDirectories(tree: SourceTree): readonly string[] {
  const inside = tree.list('cmd').filter(({ type }) => type === 'directory');
  return ['cmd', ...inside.slice(0, 20).map(({ name }) => `cmd/${name}`)];
}

/** Directories of modules are looked for so deep, and in so many directories. */
const deepest = 3;
const mostDirectories = 150;

/**
 * Main packages at the root or in `cmd/` of modules below the root; none where a directory of the root has a manifest itself,
 * which the message for an empty root lists anyway.
 */
function findPrograms(tree: SourceTree): readonly string[] {
  const manifests = ['go.mod', ...otherManifests];
  const [first = [], ...deeper] = levels(tree);
  if (first.some((directory) => manifests.some((manifest) => tree.has(`${directory}/${manifest}`)))) return [];
  return deeper
    .flat()
    .filter((directory) => tree.has(`${directory}/go.mod`))
    .flatMap((module) => [module, ...modulesCommands(tree, module)])
    .filter((directory) => readMainPackage(tree, directory, true))
    .sort();
}

function modulesCommands(tree: SourceTree, module: string): readonly string[] {
  return [
    'cmd',
    ...tree.list(`${module}/cmd`).flatMap(({ type, name }) => (type === 'directory' ? [`cmd/${name}`] : [])),
  ]
    .slice(0, 20)
    .map((path) => `${module}/${path}`);
}

/** The directories of each depth, the root's own first. */
function levels(tree: SourceTree): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  let level: readonly string[] = [''];
  for (let depth = 0; depth < deepest; depth += 1) {
    level = level.flatMap((directory) => directoriesIn(tree, directory)).slice(0, mostDirectories);
    found.push(level);
  }
  return found;
}

function directoriesIn(tree: SourceTree, directory: string): readonly string[] {
  return tree
    .list(directory)
    .filter(({ type, name }) => type === 'directory' && !/^[._]/.test(name) && !/^(?:node_modules|vendor)$/.test(name))
    .map(({ name }) => inDirectory(directory, name));
}
