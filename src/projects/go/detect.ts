import type { Detection, Facts, Hints } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { detectArguments } from './arguments.js';
import { detectCgo } from './cgo.js';
import { checkModules } from './check-modules.js';
import { chooseMain } from './choose-main.js';
import {
  detectChecksums,
  detectLocalModules,
  detectModule,
  detectModuleFiles,
  detectVendored,
} from './dependencies.js';
import { checkEmbedded } from './embed.js';
import { detectHealth } from './health.js';
import { type Modules, moduleEvidence, readModules } from './modules.js';
import { refuseWithoutModule } from './no-module.js';
import { detectPort } from './port.js';
import { readProgram } from './program.js';
import { detectRuntimeFiles } from './runtime-files.js';
import { detectStopSignal } from './stop-signal.js';
import { detectVersion } from './version.js';
import { detectVersionVariable } from './version-variable.js';

/**
 * Undefined for a tree without go.mod and go.work. Throws `detect.ambiguous` where several main packages or commands could be
 * the service, `detect.unsupported` for a library, for modules that go would refuse and for a program without a module,
 * `detect.unreadable` for a broken go.mod.
 */
export function detectGo(tree: SourceTree, hints: Hints): Detection | undefined {
  const chosen = hints['go.main'];
  const modules = readModules(tree, chosen && String(chosen.value));
  if (!modules) {
    refuseWithoutModule(tree);
    return undefined;
  }
  const main = chooseMain(tree, modules, hints);
  checkModules(tree, modules);
  const program = readProgram(tree, modules, main.directory);
  checkEmbedded(tree, program);
  const port = detectPort(program, hints);
  const runtime = detectRuntimeFiles(tree, modules, program);
  const facts: { readonly [Key in keyof Facts]: Facts[Key] | undefined } = {
    'go.version': detectVersion(tree, modules, hints),
    'go.module': detectModule(modules),
    'go.main': main.fact,
    'go.args': detectArguments(program, hints),
    'go.cgo': detectCgo(tree, modules, program, hints),
    'go.vendored': detectVendored(tree, modules),
    'go.checksums': detectChecksums(tree, modules),
    'go.local-modules': detectLocalModules(modules),
    'go.module-files': detectModuleFiles(tree, modules),
    'go.version-variable': detectVersionVariable(program),
    'go.directories': runtime.directories,
    'go.files': runtime.files,
    'go.working-directory': runtime.workingDirectory,
    'go.stop-signal': detectStopSignal(program),
    'go.port-variable': port.variable,
    port: port.port,
    health: detectHealth(program, hints),
  };
  return {
    name: projectName(tree, modules, main.directory),
    facts: Object.fromEntries(Object.entries(facts).filter(([, known]) => known !== undefined)),
    claim: 'primary',
    because: moduleEvidence(modules),
  };
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
