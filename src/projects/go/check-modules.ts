import { Failure } from '../../core/failure.js';
import type { SourceTree } from '../../core/source-tree.js';
import { compareGoVersions, readGoVersion } from './go-version.js';
import type { Modules } from './modules.js';
import { inDirectory } from './paths.js';

/**
 * Refuse what the go command would refuse after minutes, or what only the author's machine has. Throws `detect.unsupported`
 * for a workspace older than one of its modules, for a replacement by a directory that is not in the tree, and for a
 * vendor directory that is out of step.
 */
export function checkModules(tree: SourceTree, modules: Modules): void {
  checkWorkspaceVersion(modules);
  if (isVendored(tree, modules)) checkVendor(tree, modules);
  else checkReplacements(modules);
}

/** Without a go line, go.work is of Go 1.18 (https://go.dev/ref/mod#go-work-file-go). */
function checkWorkspaceVersion(modules: Modules): void {
  if (!modules.workspace) return;
  const { go } = modules.content;
  const own = readGoVersion(go?.value ?? '1.18');
  for (const { file, content } of modules.main) {
    const needed = content.go && readGoVersion(content.go.value);
    if (!own || !needed || compareGoVersions(own, needed) >= 0) continue;
    throw new Failure('detect.unsupported', {
      message: `go.work is of Go ${go?.value ?? '1.18'}, but ${file} needs ${content.go?.value} (line ${content.go?.line}): go refuses such a workspace`,
      where: go ? `go.work:${go.line}` : 'go.work',
      remedy: 'Run `go work use` and commit go.work.',
    });
  }
}

/** A replacement of a module that nobody requires is ignored, as go does. */
function checkReplacements(modules: Modules): void {
  const own = new Set(modules.main.map(({ path }) => path));
  const required = new Set(modules.all.flatMap(({ content }) => content.requires.map(({ path }) => path)));
  const missing = modules.missing.find(({ path }) => required.has(path) && !own.has(path));
  if (!missing) return;
  const { path, directory, file, line, inside } = missing;
  throw new Failure('detect.unsupported', {
    message: `${file} takes ${path} from ${directory}, ${inside ? 'where there is no go.mod' : 'which is not in this tree'}`,
    where: `${file}:${line}`,
    remedy: inside
      ? 'Correct the replace line, or commit that directory.'
      : 'Run Slipway in the directory that holds both, with --set go.main=./DIR; or publish the module and remove the replace line.',
  });
}

/**
 * Whether go takes the dependencies from `vendor/`, by its own rule
 * (https://go.dev/ref/mod#vendoring): since Go 1.14, and made in the same mode, of a module or of a workspace.
 */
export function isVendored(tree: SourceTree, modules: Modules): boolean {
  const go = readGoVersion(modules.content.go?.value ?? '');
  if (!go || go.minor < 14) return false;
  const directory = inDirectory(modules.directory, 'vendor');
  const list = tree.read(`${directory}/modules.txt`);
  if (list === undefined) return !modules.workspace && tree.list(directory).length > 0;
  const isOfWorkspace = /^## [^\n]*\bworkspace\b/.test(list);
  return isOfWorkspace === modules.workspace;
}

/** Go compares go.mod's requirements with those that modules.txt calls explicit. */
function checkVendor(tree: SourceTree, modules: Modules): void {
  if (modules.workspace) return;
  const list = inDirectory(modules.directory, 'vendor/modules.txt');
  const vendored = readVendored(tree.read(list) ?? '');
  const wrong = modules.content.requires.find(({ path, version }) => vendored.get(path) !== version);
  if (!wrong) return;
  const there = vendored.get(wrong.path);
  throw new Failure('detect.unsupported', {
    message: `${modules.file} requires ${wrong.path} ${wrong.version} (line ${wrong.line}), but ${list} has ${there ?? 'none'}: go refuses such a vendor directory`,
    where: tree.has(list) ? list : inDirectory(modules.directory, 'vendor'),
    remedy: 'Run `go mod vendor` and commit vendor/, or remove vendor/ where the modules are to be downloaded.',
  });
}

/** The versions of the modules that are marked `## explicit`. */
function readVendored(text: string): ReadonlyMap<string, string> {
  const explicit = new Map<string, string>();
  let last: readonly string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const words = line.split(' ');
    if (words[0] === '#') last = words;
    else if (words[0] === '##' && /\bexplicit\b/.test(line) && last[1] !== undefined)
      explicit.set(last[1], last[2] ?? '');
  }
  return explicit;
}
