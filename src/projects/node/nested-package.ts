import { Failure } from '../../core/failure.js';
import type { SourceTree } from '../../core/source-tree.js';
import { jsonAt } from '../../formats/json-document.js';
import { type Manifest, readManifest } from './manifest.js';
import { normalisePath } from './sources.js';
import { commandsOf } from './start-script.js';
import { fileStartedBy } from './started-file.js';

/**
 * The folder of another package, in which an argv starts and whose dependencies nobody installs: it is no member of a workspace, and no
 * script that runs at installation or build goes there. Undefined where all that is started has its dependencies from the root.
 */
export function uninstalledPackage(tree: SourceTree, root: Manifest, argv: readonly string[]): string | undefined {
  if (jsonAt(root.root, 'workspaces') !== undefined || tree.has('pnpm-workspace.yaml')) return undefined;
  const folder = foldersOf(argv).find((one) => lacksDependencies(tree, root, one));
  if (folder === undefined) return undefined;
  const [name = folder] = folder.split('/');
  return preparing(root).some((text) => text.includes(name)) ? undefined : folder;
}

/** The folders of what is started, the nearest first: where it lies, or where a shell goes before. */
function foldersOf(argv: readonly string[]): readonly string[] {
  const moved = commandsOf(argv).find(([program]) => program === 'cd')?.[1];
  const file = fileStartedBy(argv);
  const place = moved ?? file?.split('/').slice(0, -1).join('/');
  const parts = (place === undefined ? undefined : normalisePath(place))?.split('/') ?? [];
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/')).filter((one) => one !== '');
}

function lacksDependencies(tree: SourceTree, root: Manifest, folder: string): boolean {
  try {
    const nested = readManifest(tree, `${folder}/package.json`);
    return nested !== undefined && [...nested.dependencies].some((name) => !root.dependencies.has(name));
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/** The texts of the scripts that installing and building run, and of those that they run. */
function preparing({ scripts }: Manifest): readonly string[] {
  const names = ['preinstall', 'install', 'postinstall', 'prepare', 'prebuild', 'build', 'postbuild'];
  const texts = names.flatMap((name) => scripts.get(name)?.value.slice(0, 2000) ?? []);
  const called = texts.flatMap((text) =>
    [...text.matchAll(/\brun\s{1,4}([\w:.-]{1,60})/g)].map((match) => match[1] ?? ''),
  );
  return [...texts, ...called.flatMap((name) => scripts.get(name)?.value.slice(0, 2000) ?? [])];
}
