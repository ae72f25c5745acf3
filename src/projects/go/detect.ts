import { Failure } from '../../core/failure.js';
import type { Detection, Facts, Hints } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { detectCgo } from './cgo.js';
import { chooseMain } from './choose-main.js';
import { detectHealth } from './health.js';
import { readMainPackage } from './main-packages.js';
import { type Modules, moduleEvidence, readModules, requireChecksums } from './modules.js';
import { detectPort } from './port.js';
import { readProgram } from './program.js';
import { detectDirectories, detectLocalModules, detectVendored, detectVersionVariable } from './runtime-files.js';
import { detectVersion } from './version.js';

/** Files that make a tree without go.mod somebody else's, whatever Go files lie in it. */
const otherManifests = ['package.json', 'pom.xml', 'build.gradle', 'build.gradle.kts', 'Cargo.toml', 'pyproject.toml'];

/**
 * Undefined for a tree without go.mod and go.work. Throws `detect.ambiguous` where several main packages could be the service,
 * `detect.unsupported` for a library, for missing checksums and for a program without a module, `detect.unreadable`
 * for a broken go.mod.
 */
export function detectGo(tree: SourceTree, hints: Hints): Detection | undefined {
  const modules = readModules(tree);
  if (!modules) {
    refuseWithoutModule(tree);
    return undefined;
  }
  const main = chooseMain(tree, modules, hints);
  requireChecksums(tree, modules);
  const program = readProgram(tree, modules, main.directory);
  const facts: { readonly [Key in keyof Facts]: Facts[Key] | undefined } = {
    'go.version': detectVersion(tree, modules, hints),
    'go.main': main.fact,
    'go.cgo': detectCgo(modules, program, hints),
    'go.vendored': detectVendored(tree, modules),
    'go.local-modules': detectLocalModules(modules),
    'go.version-variable': detectVersionVariable(program),
    'go.directories': detectDirectories(tree, program),
    port: detectPort(program, hints),
    health: detectHealth(program, hints),
  };
  return {
    name: projectName(tree, modules, main.directory),
    facts: Object.fromEntries(Object.entries(facts).filter(([, known]) => known !== undefined)),
    claim: 'primary',
    because: moduleEvidence(modules),
  };
}

function refuseWithoutModule(tree: SourceTree): void {
  if (!tree.list('').some(({ type, name }) => type === 'file' && name.endsWith('.go'))) return;
  if (otherManifests.some((manifest) => tree.has(manifest))) return;
  const main = readMainPackage(tree, '', true);
  if (!main) return;
  throw new Failure('detect.unsupported', {
    message: 'This is a Go program without a go.mod',
    where: `${main.file}:${main.line}`,
    remedy: 'Run `go mod init NAME` and `go mod tidy`, and commit go.mod and go.sum.',
  });
}

/** The module path's last element, without a major version (https://go.dev/ref/mod#major-version-suffixes). */
function projectName(tree: SourceTree, modules: Modules, mainDirectory: string): string {
  const owners = modules.main.filter(
    ({ directory }) => directory === '' || mainDirectory === directory || mainDirectory.startsWith(`${directory}/`),
  );
  const owner = owners.sort((a, b) => b.directory.length - a.directory.length)[0];
  const elements = owner?.path?.split('/').filter((element) => !/^v\d+$/.test(element)) ?? [];
  return (
    elements
      .at(-1)
      ?.replace(/\.v\d+$/, '')
      .replace(/\.git$/, '') || tree.name
  );
}
