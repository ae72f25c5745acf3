import type { SourceTree } from '../core/source-tree.js';
import type { Catalog } from './gradle-catalog.js';
import { readBuildCatalogs } from './gradle-catalogs.js';
import { readScript, type Script } from './gradle-script.js';
import { fileIn, joinPath } from './paths.js';

/** A build that makes plugins for the build: `buildSrc`, or one that the settings include. */
export interface PluginBuild {
  readonly directory: string;
  /** Its own script, which says what plugins its class path has. */
  readonly scripts: readonly Script[];
  readonly catalog: Catalog;
}

const maxBuilds = 10;

/** `buildSrc` and the builds that the settings include: `includeBuild("build-logic")`. */
export function readPluginBuilds(tree: SourceTree, settings: Script | undefined): readonly PluginBuild[] {
  const included = [...(settings?.text ?? '').matchAll(/\bincludeBuild\s{0,9}\(?\s{0,9}["']([^"'\n]{1,200})["']/g)];
  const directories = ['buildSrc', ...included.flatMap((match) => joinPath('', match[1] ?? '') || [])];
  return [...new Set(directories)].slice(0, maxBuilds).map((directory) => pluginBuildAt(tree, directory));
}

function pluginBuildAt(tree: SourceTree, directory: string): PluginBuild {
  const scriptOf = (name: string): Script | undefined =>
    readScript(tree, fileIn(directory, name), fileIn(directory, `${name}.kts`));
  const settings = scriptOf('settings.gradle');
  const own = scriptOf('build.gradle');
  return { directory, scripts: own ? [own] : [], catalog: readBuildCatalogs(tree, directory, settings) };
}
