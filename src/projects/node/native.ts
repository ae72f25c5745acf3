import { Failure } from '../../core/failure.js';
import { type Evidence, type Fact, fact } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { lineOf, type Manifest } from './manifest.js';

/** What the dependencies need of the images beside Node itself. */
export interface NativeFacts {
  /** True where something may be compiled when it is installed: the builder then is the full image, which has a compiler. */
  readonly compiled?: Fact;
  /** The package that starts a browser. */
  readonly browser?: Fact;
}

/**
 * Packages that only packages with a compiled part depend on. sharp since 0.33, esbuild, swc and the like bring theirs as
 * packages of a platform and are none of these. https://github.com/nodejs/node-gyp, https://nodejs.github.io/node-addon-examples.
 */
const helpers =
  /(?:^|[\s"'/])(node-gyp|nan|node-addon-api|prebuild-install|@mapbox\/node-pre-gyp|node-pre-gyp|cmake-js)(?:@|": [{[]|\/\d|["']?:$)/m;

/** The usual ones with a compiled part, for a project without a lockfile that is text. */
const compiledPackages = ['bcrypt', 'better-sqlite3', 'canvas', 'node-sass', 'oracledb', 'sqlite3', 'zeromq'];

/** From the lockfile, the manifests of the root and of the service, and whether one of them is an add-on itself. */
export function detectNative(
  tree: SourceTree,
  manifests: readonly Manifest[],
  folders: readonly string[],
  lockfile: Fact | undefined,
): NativeFacts {
  const compiled = compiledBy(tree, manifests, folders, lockfile);
  const browser = manifests.map(browserOf).find((one) => one !== undefined);
  return {
    ...(compiled && { compiled: fact(true, compiled) }),
    ...(browser && { browser }),
  };
}

function compiledBy(
  tree: SourceTree,
  manifests: readonly Manifest[],
  folders: readonly string[],
  lockfile: Fact | undefined,
): Evidence | undefined {
  const own = ['binding.gyp', ...folders.map((folder) => `${folder}/binding.gyp`)].find((file) => tree.has(file));
  if (own !== undefined) return { file: own, because: 'an add-on of its own is compiled' };
  const file = typeof lockfile?.value === 'string' ? lockfile.value : undefined;
  const text = file === undefined || file.endsWith('.lockb') ? undefined : textOf(tree, file);
  if (file !== undefined && text !== undefined) return helperIn(text, file);
  for (const manifest of manifests) {
    const name = compiledPackages.find((one) => manifest.dependencies.has(one));
    if (name !== undefined) return dependencyEvidence(manifest, name, 'has a compiled part');
  }
  return undefined;
}

function helperIn(text: string, file: string): Evidence | undefined {
  const found = helpers.exec(text);
  if (!found) return undefined;
  const line = text.slice(0, found.index + 1).split('\n').length;
  return { file, line, because: `${found[1]} is installed: a package with a compiled part needs it` };
}

function textOf(tree: SourceTree, file: string): string | undefined {
  try {
    return tree.read(file, 'lockfile');
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function dependencyEvidence(manifest: Manifest, name: string, because: string): Evidence {
  const line = lineOf(manifest, 'dependencies', name);
  return { file: manifest.path, ...(line && { line }), because: `${name} ${because}` };
}

/** Their own installation downloads a browser, and the browser needs libraries that no image of Node has. */
function browserOf(manifest: Manifest): Fact | undefined {
  const name = ['puppeteer', 'playwright', 'playwright-chromium', 'playwright-firefox', 'playwright-webkit'].find(
    (one) => manifest.dependencies.has(one),
  );
  return name === undefined ? undefined : fact(name, dependencyEvidence(manifest, name, 'starts a browser'));
}
