import type { SourceTree } from '../core/source-tree.js';
import type { Catalog } from './gradle-catalog.js';
import { readBuildCatalogs } from './gradle-catalogs.js';
import { type PluginBuild, readPluginBuilds } from './gradle-included.js';
import { pluginIdsIn } from './gradle-plugins.js';
import { partOf, readScript, type Script } from './gradle-script.js';
import { blocksNamed, callBlocksNamed } from './gradle-text.js';
import { evaluate, readGradleProperties, type Scope } from './gradle-value.js';
import { directoryOf, fileIn, joinPath } from './paths.js';

/** A Gradle project: the build's root or one that its settings include. */
export interface GradleModule {
  readonly directory: string;
  /** `:libs:core`; `:` for the root. Not always the directory's: settings may move one. */
  readonly path: string;
  /** Whether the settings rename projects, so that the path may be another. */
  readonly renamed: boolean;
  /** What counts for it, nearest first: its own script, plain convention plugins, the root's blocks for all. */
  readonly scripts: readonly Script[];
}

/** A Gradle build without running it. */
export interface GradleBuild {
  readonly settings?: Script;
  readonly root?: Script;
  readonly catalog: Catalog;
  readonly modules: readonly GradleModule[];
  /** `buildSrc` and the builds that the settings include, which may hold convention plugins. */
  readonly pluginBuilds: readonly PluginBuild[];
}

type Scripts = Omit<GradleBuild, 'modules'>;

/**
 * Read the Gradle build at the tree's root, Groovy or Kotlin. Undefined where there is none.
 * Throws `detect.unreadable` for a catalog or script that cannot be read.
 */
export function readGradleBuild(tree: SourceTree): GradleBuild | undefined {
  const settings = readScript(tree, 'settings.gradle', 'settings.gradle.kts');
  const root = readScript(tree, 'build.gradle', 'build.gradle.kts');
  if (!settings && !root) return undefined;
  const scripts: Scripts = {
    catalog: readBuildCatalogs(tree, '', settings),
    pluginBuilds: readPluginBuilds(tree, settings),
    ...(settings && { settings }),
    ...(root && { root }),
  };
  return { ...scripts, modules: readModules(tree, scripts) };
}

/** All scripts that may say something of a module, nearest first. */
export function scriptsFor(build: GradleBuild, module: GradleModule): readonly Script[] {
  return [...module.scripts, ...[build.root, build.settings].flatMap((script) => script ?? [])];
}

/** Where the names in a module's scripts get their values. */
export function scopeFor(tree: SourceTree, build: GradleBuild, module: GradleModule): Scope {
  const { directory } = module;
  const properties = readGradleProperties(tree, directory === '' ? [''] : ['', directory]);
  return { scripts: scriptsFor(build, module), properties, catalog: build.catalog, known: new Map() };
}

/** The scripts of a project by its path, such as `:libs:core`. */
export function projectScripts({ modules }: GradleBuild, path: string): readonly Script[] {
  return modules.find((module) => module.path === (path.startsWith(':') ? path : `:${path}`))?.scripts ?? [];
}

/** A project's own name. Undefined for a root whose settings do not tell. */
export function nameOfModule(build: GradleBuild, directory: string, scope: Scope): string | undefined {
  if (directory !== '') return directory.slice(directory.lastIndexOf('/') + 1);
  const expression = /\brootProject\.name\s{0,9}=\s{0,9}("[^"\n]{1,200}"|'[^'\n]{1,200}')/.exec(
    build.settings?.text ?? '',
  )?.[1];
  return expression === undefined ? undefined : evaluate(expression, scope)?.value;
}

const maxModules = 300;

function readModules(tree: SourceTree, build: Scripts): readonly GradleModule[] {
  const included = includedProjects(build.settings).slice(0, maxModules);
  return [
    moduleAt(tree, build, { directory: '', path: ':', renamed: false }),
    ...included.map((place) => moduleAt(tree, build, place)).filter(({ scripts }) => scripts.length > 0),
  ];
}

type Place = Omit<GradleModule, 'scripts'>;

/** `include 'app', 'libs:core'` and `include(":app")`; an own directory where the settings give one plainly. */
function includedProjects(settings: Script | undefined): readonly Place[] {
  const text = settings?.text ?? '';
  const lists = [
    ...text.matchAll(/\binclude\b(?!Build)\s{0,9}\(?((?:\s{0,20},?\s{0,20}["'][^"'\n]{1,200}["']){1,500})/g),
  ];
  const paths = lists.flatMap((list) =>
    [...(list[1] ?? '').matchAll(/["']([^"'\n]{1,200})["']/g)].map((match) => (match[1] ?? '').replace(/^:/, '')),
  );
  const moved = movedDirectories(text);
  const renamed = /(?<!\brootProject)\.name\s{0,9}=(?!=)/.test(text);
  return [...new Set(paths)].flatMap((path) => {
    const directory = joinPath('', moved.get(path) ?? path.replaceAll(':', '/'));
    return directory ? { directory, path: `:${path}`, renamed } : [];
  });
}

/** `project(':app').projectDir = file('services/app')`, by path without its first colon. */
function movedDirectories(text: string): ReadonlyMap<string, string> {
  const pattern =
    /\bproject\s?\(\s?["']:?([^"'\n]{1,200})["']\s?\)\.projectDir\s{0,9}=\s{0,9}[^"'\n]{0,80}["']([^"'\n]{1,200})["']/g;
  return new Map(
    [...text.matchAll(pattern)].map((match) => {
      const directory = (match[2] ?? '').replace(/^\$\{?(?:rootDir|settingsDir|rootProject\.projectDir)\}?\//, '');
      return [match[1] ?? '', directory] as const;
    }),
  );
}

function moduleAt(tree: SourceTree, build: Scripts, place: Place): GradleModule {
  const { directory } = place;
  const name = directory.slice(directory.lastIndexOf('/') + 1);
  const files = [
    'build.gradle',
    'build.gradle.kts',
    ...(directory === '' ? [] : [`${name}.gradle`, `${name}.gradle.kts`]),
  ];
  const own = directory === '' ? build.root : readScript(tree, ...files.map((file) => fileIn(directory, file)));
  const shared = sharedBlocks(build.root, place);
  const near = [...(own ? [own] : []), ...shared];
  return { ...place, scripts: withConventions(tree, build, near) };
}

const maxScripts = 60;

/** Scripts with those of the convention plugins that they apply, and of those that these apply; each once. */
function withConventions(tree: SourceTree, build: Scripts, near: readonly Script[]): readonly Script[] {
  const found = [...near];
  const seen = new Set(near.map(({ file }) => file));
  for (const script of found) {
    for (const applied of [...conventionScripts(tree, build, script), ...appliedFiles(tree, script)]) {
      if (seen.has(applied.file) || found.length >= maxScripts) continue;
      seen.add(applied.file);
      found.push(applied);
    }
  }
  return found;
}

/** `apply from: 'gradle/java.gradle'`, from the root or the script's own directory. */
function appliedFiles(tree: SourceTree, script: Script): readonly Script[] {
  const pattern = /\bapply\s{0,3}\(?\s{0,3}from\s{0,3}[:=]\s{0,3}[^"'\n]{0,60}["']([^"'\n]{1,200})["']/g;
  return [...script.text.matchAll(pattern)].slice(0, 20).flatMap((match) => {
    const written = (match[1] ?? '').replace(/^\$\{?(?:rootDir|rootProject\.projectDir|projectDir)\}?\//, '');
    const paths = [joinPath(directoryOf(script.file), written), joinPath('', written)];
    return readScript(tree, ...paths.flatMap((path) => path ?? [])) ?? [];
  });
}

/** What a root script says of all its projects. The root's own script holds its `allprojects` already. */
function sharedBlocks(root: Script | undefined, { directory, path }: Place): readonly Script[] {
  if (!root || directory === '') return [];
  const own = callBlocksNamed(root.text, 'project').filter(({ argument }) => pathIn(argument) === path);
  const some = callBlocksNamed(root.text, 'configure').filter(({ argument }) => /project/.test(argument));
  const all = ['subprojects', 'allprojects'].flatMap((name) => blocksNamed(root.text, name));
  return [...own, ...all, ...some].map(({ text, start }) => partOf(root, text, start));
}

/** `':api'`, with or without its first colon. */
function pathIn(argument: string): string | undefined {
  const path = /^\s{0,9}(?:path\s{0,3}[:=]\s{0,3})?["']:?([^"'\n]{1,200})["']\s{0,9}$/.exec(argument)?.[1];
  return path === undefined ? undefined : `:${path}`;
}

/** The scripts of convention plugins that a script applies by id, from `buildSrc` and the builds its settings include. */
function conventionScripts(tree: SourceTree, build: Scripts, script: Script): readonly Script[] {
  const roots = build.pluginBuilds.map(({ directory }) => directory);
  return pluginIdsIn(script, build.catalog).flatMap((id) => {
    if (!/^[\w.-]{1,100}$/.test(id)) return [];
    const files = roots.flatMap((root) => [
      `${root}/src/main/groovy/${id}.gradle`,
      `${root}/src/main/kotlin/${id}.gradle.kts`,
    ]);
    return readScript(tree, ...files) ?? [];
  });
}
