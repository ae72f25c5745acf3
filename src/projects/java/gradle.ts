import type { Hints } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import type { Dependency } from '../../jvm/candidate.js';
import { isBootModule } from '../../jvm/gradle-boot.js';
import { nameOfModule, projectScripts, readGradleBuild, scopeFor } from '../../jvm/gradle-build.js';
import { findGradleDependencies } from '../../jvm/gradle-dependencies.js';
import { findGradleJava } from '../../jvm/gradle-java.js';
import { findGradleJvm } from '../../jvm/gradle-jvm.js';
import { refuseOtherOutput } from '../../jvm/gradle-output.js';
import type { Script } from '../../jvm/gradle-script.js';
import { findUnread } from '../../jvm/gradle-unread.js';
import { readGradleModule } from './gradle-ways.js';
import { chooseProgram, type JavaModel } from './model.js';

/** Read the Gradle build at the tree's root. Undefined where there is none, or it is Spring Boot's alone. */
export function readGradleProgram(tree: SourceTree, hints: Hints): JavaModel | undefined {
  const build = readGradleBuild(tree);
  if (!build) return undefined;
  const modules = build.modules.map((module) => readGradleModule(build, module, scopeFor(tree, build, module)));
  const boot = build.modules.filter((module) => isBootModule(module, build.catalog));
  const file = build.root?.file ?? build.settings?.file ?? 'build.gradle';
  const unread = findUnread(build);
  const program = chooseProgram(hints, {
    modules,
    boot: boot.map(({ directory }) => directory),
    file,
    ...(unread && { unread }),
  });
  const module = build.modules.find(({ directory }) => directory === program?.directory);
  if (!program || !module) return undefined;
  refuseOtherOutput(module.scripts, hints);
  const { directory, way, ways } = program;
  const others = modules.filter((other) => other.ways.length > 0 && other.directory !== directory);
  const scope = scopeFor(tree, build, module);
  return {
    tool: 'gradle',
    name: nameOfModule(build, directory, scope) ?? tree.name,
    because: way.from,
    directory,
    ...findGradleJvm(module.scripts),
    java: findGradleJava(module.scripts, scope),
    dependencies: [
      ...findGradleDependencies(module.scripts, build.catalog, (path) => projectScripts(build, path)),
      ...micronautServer(module.scripts),
    ],
    way,
    otherWays: ways.slice(1),
    task: `${module.renamed ? '' : module.path === ':' ? ':' : `${module.path}:`}${way.task ?? 'assemble'}`,
    property: (key) => scope.properties.get(key),
    ...(directory !== '' && { module: { from: way.from, others: others.map((other) => other.directory) } }),
  };
}

/** `micronaut { runtime("netty") }` brings the server (https://micronaut-projects.github.io/micronaut-gradle-plugin/latest/). */
function micronautServer(scripts: readonly Script[]): readonly Dependency[] {
  return scripts.flatMap(({ file, text, lineAt }) => {
    const match = /\bruntime[\s(]\s{0,9}["'](netty|jetty|tomcat|undertow)["']/.exec(text);
    if (!match) return [];
    const artifact = `micronaut-http-server-${match[1] ?? ''}`;
    return [
      {
        id: `io.micronaut:${artifact}`,
        from: { file, line: lineAt(match.index), because: `runs on ${match[1] ?? ''}` },
      },
    ];
  });
}
