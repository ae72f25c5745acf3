import type { Hints } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import type { Candidate } from '../../jvm/candidate.js';
import { bootBom, bootPlugin, isBootModule, usesBoot } from '../../jvm/gradle-boot.js';
import {
  type GradleBuild,
  type GradleModule,
  nameOfModule,
  projectScripts,
  readGradleBuild,
  scopeFor,
  scriptsFor,
} from '../../jvm/gradle-build.js';
import { findGradleDependencies } from '../../jvm/gradle-dependencies.js';
import type { PluginBuild } from '../../jvm/gradle-included.js';
import { findGradleJava } from '../../jvm/gradle-java.js';
import { findGradleJvm } from '../../jvm/gradle-jvm.js';
import { refuseOtherOutput } from '../../jvm/gradle-output.js';
import { findPluginUse } from '../../jvm/gradle-plugins.js';
import type { Script } from '../../jvm/gradle-script.js';
import { evaluate, type Scope } from '../../jvm/gradle-value.js';
import { chooseModule } from '../../jvm/module-choice.js';
import { bootModules } from './application-class.js';
import type { BootModel } from './model.js';

/**
 * Read the Gradle build at the tree's root, Groovy or Kotlin. Undefined where no project of it applies Spring Boot's plugin, or a hint names another kind's.
 * Throws `detect.ambiguous` where several could run, `detect.unreadable` for a catalog or script that cannot be read.
 */
export function readGradle(tree: SourceTree, hints: Hints): BootModel | undefined {
  const build = readGradleBuild(tree);
  const runnable = build?.modules.filter((module) => isBootModule(module, build.catalog)) ?? [];
  if (!build || runnable.length === 0) return undefined;
  const all = build.modules.map(directoryOf);
  const directory = chooseModule(hints, { all, ...bootModules(tree, runnable.map(directoryOf)) });
  const module = build.modules.find((candidate) => candidate.directory === directory);
  const isOther = module && !runnable.includes(module) && !usesBoot(module, build.catalog);
  return module && !isOther ? modelOf(tree, hints, build, module, runnable) : undefined;
}

function directoryOf({ directory }: GradleModule): string {
  return directory;
}

function modelOf(
  tree: SourceTree,
  hints: Hints,
  build: GradleBuild,
  module: GradleModule,
  runnable: readonly GradleModule[],
): BootModel {
  refuseOtherOutput(module.scripts, hints);
  const { directory } = module;
  const everywhere = scriptsFor(build, module);
  const scope = scopeFor(tree, build, module);
  const plugin = findPluginUse(everywhere, build.catalog, bootPlugin);
  const from = plugin?.from ?? { file: module.scripts[0]?.file ?? 'build.gradle', because: 'applies Spring Boot' };
  const others = runnable.filter((other) => other !== module).map(directoryOf);
  return {
    tool: 'gradle',
    name: nameOfModule(build, directory, scope) ?? tree.name,
    because: from,
    directory,
    boot: [
      ...bootVersions(everywhere, scope),
      ...build.pluginBuilds.flatMap((other) => versionsOfBuild(other, scope)),
      ...bootVersions(everywhere, scope, bootBom),
    ],
    ...findGradleJvm(module.scripts),
    java: findGradleJava(module.scripts, scope),
    war: findPluginUse(module.scripts, build.catalog, { id: 'war' })?.applied === true,
    dependencies: findGradleDependencies(module.scripts, build.catalog, (path) => projectScripts(build, path)),
    ...(directory !== '' && { module: { from, others } }),
    ...(module.renamed ? { path: '' } : module.path !== pathOf(directory) && { path: module.path }),
  };
}

/** The path that a project has where its settings say nothing else. */
function pathOf(directory: string): string {
  return `:${directory.replaceAll('/', ':')}`;
}

/** What the class path of a build with convention plugins has. */
function versionsOfBuild({ scripts, catalog }: PluginBuild, { properties }: Scope): readonly Candidate[] {
  return bootVersions(scripts, { scripts, catalog, properties, known: new Map() });
}

function bootVersions(scripts: readonly Script[], scope: Scope, plugin = bootPlugin): readonly Candidate[] {
  return scripts.flatMap((script) =>
    (findPluginUse([script], scope.catalog, plugin)?.versions ?? []).flatMap(({ expression, from, known }) => {
      const value = known ?? evaluate(expression, scope);
      if (!value) return [{ value: expression, from: [from] }];
      return [{ value: value.value, from: [{ ...from, because: `${from.because} ${value.value}` }, ...value.from] }];
    }),
  );
}
