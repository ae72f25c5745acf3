import type { SourceTree } from '../core/source-tree.js';
import { type Catalog, type CatalogPlace, readCatalogs } from './gradle-catalog.js';
import type { Script } from './gradle-script.js';
import { blocksNamed } from './gradle-text.js';
import { joinPath } from './paths.js';

const defaultFile = 'gradle/libs.versions.toml';

/**
 * The catalogs that the scripts of a build can name: `libs` of its own directory, and those that its settings take from files of the
 * tree: `create("libs") { from(files("../gradle/libs.versions.toml")) }`.
 */
export function readBuildCatalogs(tree: SourceTree, directory: string, settings: Script | undefined): Catalog {
  const own = { name: 'libs', file: joinPath(directory, defaultFile) ?? defaultFile };
  const declared = blocksNamed(settings?.text ?? '', 'versionCatalogs').flatMap(({ text }) =>
    placesIn(text, directory),
  );
  return readCatalogs(tree, [own, ...declared]);
}

const maxCatalogs = 20;

function placesIn(text: string, directory: string): readonly CatalogPlace[] {
  const pattern =
    /(?:\b(?:create|register|named)\s{0,3}\(\s{0,3}["'](\w{1,60})["']\s{0,3}\)|\b(\w{1,60}))\s{0,9}\{\s{0,60}from\s{0,3}\(\s{0,3}(?:rootProject\.|layout\.\w{1,30}\.)?files?\s{0,3}\(\s{0,3}["']([^"'\n]{1,200})["']/g;
  return [...text.matchAll(pattern)].slice(0, maxCatalogs).flatMap((match) => {
    const file = joinPath(directory, match[3] ?? '');
    return file === undefined ? [] : [{ name: match[1] ?? match[2] ?? '', file }];
  });
}
