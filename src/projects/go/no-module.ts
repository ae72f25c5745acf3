import { Failure } from '../../core/failure.js';
import type { SourceTree } from '../../core/source-tree.js';
import { readMainPackage } from './main-packages.js';

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

/** Throws `detect.unsupported` for a Go program at the root or in `cmd/` that has no module. */
export function refuseWithoutModule(tree: SourceTree): void {
  if (otherManifests.some((manifest) => tree.has(manifest))) return;
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
