import type { Hints } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import type { BuildModel, Candidate } from '../../jvm/candidate.js';
import { type Catalog, readCatalog } from '../../jvm/gradle-catalog.js';
import { findGradleDependencies } from '../../jvm/gradle-dependencies.js';
import { findGradleJava } from '../../jvm/gradle-java.js';
import { findBootPlugin, pluginIdsIn } from '../../jvm/gradle-plugins.js';
import { partOf, readScript, type Script } from '../../jvm/gradle-script.js';
import { blocksNamed } from '../../jvm/gradle-text.js';
import { evaluate, readGradleProperties, type Scope } from '../../jvm/gradle-value.js';
import { chooseModule } from '../../jvm/module-choice.js';
import { fileIn, joinPath } from '../../jvm/paths.js';

/** A Gradle project: the build's root or one that its settings include. */
interface GradleModule {
  readonly directory: string;
  /** What counts for it, nearest first: its own script, plain convention plugins, the root's blocks for all. */
  readonly scripts: readonly Script[];
}

interface GradleBuild {
  readonly settings?: Script;
  readonly root?: Script;
  readonly catalog: Catalog;
}

/**
 * Read the Gradle build at the tree's root, Groovy or Kotlin. Undefined where no project of it applies Spring Boot's plugin.
 * Throws `detect.ambiguous` where several could run, `detect.unreadable` for a catalog or script that cannot be read.
 */
export function readGradle(tree: SourceTree, hints: Hints): BuildModel | undefined {
  const settings = readScript(tree, 'settings.gradle', 'settings.gradle.kts');
  const root = readScript(tree, 'build.gradle', 'build.gradle.kts');
  if (!settings && !root) return undefined;
  const build: GradleBuild = { catalog: readCatalog(tree), ...(settings && { settings }), ...(root && { root }) };
  const modules = readModules(tree, build);
  const runnable = modules.filter((module) => isRunnable(module, build.catalog));
  if (runnable.length === 0) return undefined;
  const directories = { all: modules.map(directoryOf), runnable: runnable.map(directoryOf) };
  const directory = chooseModule(tree, hints, directories);
  const module = modules.find((candidate) => candidate.directory === directory);
  return module && modelOf(tree, build, module, runnable);
}

function directoryOf({ directory }: GradleModule): string {
  return directory;
}

function modelOf(
  tree: SourceTree,
  build: GradleBuild,
  module: GradleModule,
  runnable: readonly GradleModule[],
): BuildModel {
  const { directory } = module;
  const everywhere = [...module.scripts, ...[build.root, build.settings].flatMap((script) => script ?? [])];
  const properties = readGradleProperties(tree, directory === '' ? [''] : ['', directory]);
  const scope: Scope = { scripts: everywhere, properties, catalog: build.catalog, known: new Map() };
  const plugin = findBootPlugin(everywhere, build.catalog);
  const from = plugin?.from ?? { file: module.scripts[0]?.file ?? 'build.gradle', because: 'applies Spring Boot' };
  const others = runnable.filter((other) => other !== module).map(directoryOf);
  return {
    tool: 'gradle',
    name: nameOf(build, directory, scope) ?? tree.name,
    because: from,
    directory,
    boot: bootVersions(everywhere, scope),
    java: findGradleJava(module.scripts, scope),
    dependencies: findGradleDependencies(module.scripts, build.catalog, (path) => projectScripts(tree, build, path)),
    ...(directory !== '' && { module: { from, others } }),
  };
}

function projectScripts(tree: SourceTree, build: GradleBuild, path: string): readonly Script[] {
  const directory = joinPath('', path.replace(/^:/, '').replaceAll(':', '/'));
  return directory ? moduleAt(tree, build, directory).scripts : [];
}

function bootVersions(scripts: readonly Script[], scope: Scope): readonly Candidate[] {
  return scripts.flatMap((script) =>
    (findBootPlugin([script], scope.catalog)?.versions ?? []).flatMap(({ expression, from, known }) => {
      const value = known ?? evaluate(expression, scope);
      if (!value) return [{ value: expression, from: [from] }];
      return [{ value: value.value, from: [{ ...from, because: `${from.because} ${value.value}` }, ...value.from] }];
    }),
  );
}

function nameOf(build: GradleBuild, directory: string, scope: Scope): string | undefined {
  if (directory !== '') return directory.slice(directory.lastIndexOf('/') + 1);
  const expression = /\brootProject\.name\s{0,9}=\s{0,9}("[^"\n]{1,200}"|'[^'\n]{1,200}')/.exec(
    build.settings?.text ?? '',
  )?.[1];
  return expression === undefined ? undefined : evaluate(expression, scope)?.value;
}

const maxModules = 300;

function readModules(tree: SourceTree, build: GradleBuild): readonly GradleModule[] {
  const included = includedDirectories(build.settings).slice(0, maxModules);
  const root = moduleAt(tree, build, '');
  return [
    root,
    ...included.map((directory) => moduleAt(tree, build, directory)).filter(({ scripts }) => scripts.length > 0),
  ];
}

/** `include 'app', 'libs:core'` and `include(":app")`; an own directory where the settings give one plainly. */
function includedDirectories(settings: Script | undefined): readonly string[] {
  const text = settings?.text ?? '';
  const lists = [
    ...text.matchAll(/\binclude\b(?!Build)\s{0,9}\(?((?:\s{0,20},?\s{0,20}["'][^"'\n]{1,200}["']){1,500})/g),
  ];
  const paths = lists.flatMap((list) =>
    [...(list[1] ?? '').matchAll(/["']([^"'\n]{1,200})["']/g)].map((match) => match[1] ?? ''),
  );
  const moved = new Map(
    [
      ...text.matchAll(
        /\bproject\s?\(\s?["']:?([^"'\n]{1,200})["']\s?\)\.projectDir\s{0,9}=\s{0,9}[^"'\n]{0,80}["']([^"'\n]{1,200})["']/g,
      ),
    ].map((match) => [match[1] ?? '', match[2] ?? ''] as const),
  );
  const directories = paths.flatMap((path) => {
    const plain = path.replace(/^:/, '');
    return joinPath('', moved.get(plain) ?? plain.replaceAll(':', '/')) || [];
  });
  return [...new Set(directories)];
}

function moduleAt(tree: SourceTree, build: GradleBuild, directory: string): GradleModule {
  const name = directory.slice(directory.lastIndexOf('/') + 1);
  const files = [
    'build.gradle',
    'build.gradle.kts',
    ...(directory === '' ? [] : [`${name}.gradle`, `${name}.gradle.kts`]),
  ];
  const own = directory === '' ? build.root : readScript(tree, ...files.map((file) => fileIn(directory, file)));
  const shared = sharedBlocks(build.root, directory === '');
  const near = [...(own ? [own] : []), ...shared];
  return { directory, scripts: [...near, ...near.flatMap((script) => conventionScripts(tree, build, script))] };
}

/** What a root script says of all its projects. The root's own script holds its `allprojects` already. */
function sharedBlocks(root: Script | undefined, isRoot: boolean): readonly Script[] {
  if (!root || isRoot) return [];
  return ['subprojects', 'allprojects', 'configure'].flatMap((name) =>
    blocksNamed(root.text, name).map(({ text, start }) => partOf(root, text, start)),
  );
}

/** The scripts of convention plugins that a script applies by id, from `buildSrc` and the builds its settings include. */
function conventionScripts(tree: SourceTree, build: GradleBuild, script: Script): readonly Script[] {
  const included = [
    ...(build.settings?.text ?? '').matchAll(/\bincludeBuild\s{0,9}\(?\s{0,9}["']([^"'\n]{1,200})["']/g),
  ];
  const roots = ['buildSrc', ...included.flatMap((match) => joinPath('', match[1] ?? '') || [])].slice(0, 10);
  return pluginIdsIn(script).flatMap((id) => {
    if (!/^[\w.-]{1,100}$/.test(id)) return [];
    const files = roots.flatMap((root) => [
      `${root}/src/main/groovy/${id}.gradle`,
      `${root}/src/main/kotlin/${id}.gradle.kts`,
    ]);
    return readScript(tree, ...files) ?? [];
  });
}

function isRunnable({ scripts, directory }: GradleModule, catalog: Catalog): boolean {
  const plugin = findBootPlugin(scripts, catalog);
  const own = scripts[0];
  if (!plugin?.applied || !own) return false;
  const disabled =
    /\bbootJar\b[^{}\n]{0,80}\{\s{0,20}enabled\s{0,9}(?:=\s{0,9}|\s)false|\bbootJar\.enabled\s{0,9}=\s{0,9}false/.test(
      own.text,
    );
  // A root that applies the plugin to all of its projects has no code of its own.
  const onlyShared =
    directory === '' &&
    !findBootPlugin([withoutSharedBlocks(own)], catalog)?.applied &&
    !/\ballprojects\b/.test(own.text);
  return !disabled && !onlyShared;
}

function withoutSharedBlocks(script: Script): Script {
  let text = script.text;
  for (const block of blocksNamed(text, 'subprojects')) text = text.replace(block.text, '');
  return { ...script, text };
}
