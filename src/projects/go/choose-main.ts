import { Failure } from '../../core/failure.js';
import { type Evidence, type Fact, fact, type Hints, type Rejected } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { findMainPackages, findOtherMainPackages, type MainPackage, readMainPackage } from './main-packages.js';
import type { Modules } from './modules.js';
import { joinPath } from './paths.js';

/** The program that becomes the image. */
export interface ChosenMain {
  readonly fact: Fact;
  /** '' for the root. */
  readonly directory: string;
}

const remedy = 'Choose one with --set go.main=./cmd/NAME, or with `go: { main: ./cmd/NAME }` in slipway.yml.';

/** Directories that are called as services are: a command in `cmd/` may well be a helper beside one of them. */
const serviceNames = new Set('server serve service services api app web backend daemon gateway main'.split(' '));

/**
 * The main package. The module's root and `cmd/` come before other places, because that is where Go projects keep
 * the commands they ship; between two of the same rank, of two modules, or beside one that looks like a service, a person
 * chooses. Throws `detect.ambiguous`, and
 * `detect.unsupported` for a library; `settings.invalid` for a hint that is no main package.
 */
export function chooseMain(tree: SourceTree, modules: Modules, hints: Hints): ChosenMain {
  const hint = hints['go.main'];
  if (hint) return hintedMain(tree, modules, String(hint.value), hint.origin);
  const { found, whole } = findMainPackages(tree, modules);
  const [chosen, ...rest] = likelyMains(withoutHelperModules(found));
  if (!chosen) throw library(tree, modules, whole);
  if (rest.length > 0) throw ambiguous(modules, [chosen, ...rest]);
  const rejected = found
    .filter((main) => main !== chosen)
    .map((main) => rejectedMain(main, 'elsewhere than the root and cmd/'));
  return { fact: fact(chosen.path, evidenceOf(chosen), rejected), directory: chosen.directory };
}

/** Modules of a workspace that help to develop the others. */
const helperModule = /^(?:[^/]+\/)*(?:tools?|examples?|hack|e2e|tests?|docs)(?:\/|$)/;

/** Without the programs of such modules, where another module has one. */
function withoutHelperModules(found: readonly MainPackage[]): readonly MainPackage[] {
  const others = found.filter(({ module }) => !helperModule.test(module));
  return others.length > 0 ? others : found;
}

/** Those that could be the service: all that none of their module outranks, and those elsewhere that look like one. */
function likelyMains(found: readonly MainPackage[]): readonly MainPackage[] {
  const ranked = new Set(found.filter(({ conventional }) => conventional).map(({ module }) => module));
  const hasRoot = found.some(({ conventional, directory, module }) => conventional && directory === module);
  return found.filter(({ conventional, directory, module }) => {
    if (conventional || !ranked.has(module)) return true;
    const elements = directory.split('/');
    return elements.includes('cmd') || (!hasRoot && elements.length < 3 && serviceNames.has(elements.at(-1) ?? ''));
  });
}

function hintedMain(tree: SourceTree, modules: Modules, value: string, origin: string): ChosenMain {
  const module = modules.main.find(
    ({ path }) => path !== undefined && (value === path || value.startsWith(`${path}/`)),
  );
  const directory =
    module?.path === undefined ? joinPath(value) : joinPath(module.directory, value.slice(module.path.length));
  const main = directory === undefined || value.startsWith('/') ? undefined : readMainPackage(tree, directory, true);
  const others = findMainPackages(tree, modules).found.filter(({ path }) => path !== main?.path);
  if (!main) {
    throw new Failure('settings.invalid', {
      message: `go.main is '${value.slice(0, 100)}', where there is no main package`,
      where: origin,
      remedy,
      ...(others.length > 0 && { candidates: others.map(({ path }) => path) }),
    });
  }
  const rejected = others.map((other) => rejectedMain(other, 'not chosen'));
  return { fact: fact(main.path, { because: `set by ${origin}` }, rejected), directory: main.directory };
}

function evidenceOf({ file, line }: MainPackage): Evidence {
  return { file, line, because: 'package main with func main' };
}

function rejectedMain(main: MainPackage, reason: string): Rejected {
  return { value: main.path, file: main.file, line: main.line, because: `also a main package, ${reason}` };
}

function ambiguous(modules: Modules, mains: readonly MainPackage[]): Failure {
  return new Failure('detect.ambiguous', {
    message: `${modules.workspace ? 'This Go workspace' : 'This Go module'} has ${mains.length} main packages that could be the service`,
    where: modules.file,
    remedy,
    candidates: mains.map(({ path }) => path),
  });
}

function library(tree: SourceTree, modules: Modules, whole: boolean): Failure {
  const others = findOtherMainPackages(tree, modules).map(({ path }) => path);
  if (others.length > 0) {
    return new Failure('detect.unsupported', {
      message:
        'Main packages are only in nested modules or in directories that are usually for helpers (tools, examples, internal …)',
      where: modules.file,
      remedy: 'If one of them is the service, name it with --set go.main=./DIR; or run Slipway where the service is.',
      candidates: others,
    });
  }
  const what = modules.workspace ? 'No module of this Go workspace has a' : 'This Go module is a library: it has no';
  return new Failure('detect.unsupported', {
    message: whole ? `${what} main package to run` : 'No main package was found near the root of this large tree',
    where: modules.file,
    remedy: 'Run Slipway where the service is; if the program is deep in the tree, name it with --set go.main=./DIR.',
  });
}
