import { basename, dirname, join } from 'node:path';
import type { GitFacts } from '../core/history.js';
import type { JarFile } from '../core/jar-file.js';
import type { SourceTree } from '../core/source-tree.js';
import { digestFiles } from '../io/content-digest.js';
import { openSourceTree } from '../io/source-tree.js';
import { chooseOfJar } from '../jvm/jar-contents.js';
import type { VersionReading } from '../versions/decide-version.js';
import { jarVersion } from '../versions/jar-version.js';
import type { World } from './world.js';

/** The files, or the jar that stands for them. */
export async function openTree(world: World): Promise<SourceTree> {
  const tree = openSourceTree(world.root);
  if (world.jar === undefined) return tree;
  return {
    name: tree.name,
    read: () => undefined,
    has: () => false,
    list: () => [],
    jar: await readJar(world, world.jar),
  };
}

/** A jar outside of any repository: its own version, or one that names its content. */
export async function readJarVersion(world: World, path: string): Promise<VersionReading> {
  const file = join(world.root, path);
  const [{ manifest }, dirtyDigest] = await Promise.all([
    readJar(world, path),
    digestFiles(dirname(file), [basename(file)]),
  ]);
  const git: GitFacts = {
    dirty: false,
    exactTags: [],
    knownTags: [],
    parents: [],
    distance: 0,
    shallow: false,
    dirtyDigest,
  };
  return { git, ci: { name: 'none' }, decision: jarVersion(manifest['Implementation-Version'], git) };
}

async function readJar(world: World, path: string): Promise<JarFile> {
  const { readJarFile } = await import('../io/jar-file.js');
  return readJarFile(join(world.root, path), path, chooseOfJar);
}
