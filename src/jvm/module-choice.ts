import { Failure } from '../core/failure.js';
import type { Hints } from '../core/project.js';
import type { SourceTree } from '../core/source-tree.js';
import { fileIn, isPlainDirectory, joinPath } from './paths.js';

/** The directories of a build's modules, `''` for the root. */
export interface Modules {
  readonly all: readonly string[];
  readonly runnable: readonly string[];
}

/**
 * The directory of the one module that will run. A hint names it by directory or, as Gradle does, `:app`. Of several that
 * the plugin would make runnable, the one with an application class.
 * Throws `detect.ambiguous` where several are left or the hint names none, `detect.hostile` where its name could be
 * read by the build tool as something else.
 */
export function chooseModule(tree: SourceTree, hints: Hints, modules: Modules): string {
  const hint = hints['java.module'];
  const directory = hint ? hintedModule(String(hint.value), hint.origin, modules) : soleModule(tree, modules.runnable);
  if (directory !== '' && !isPlainDirectory(directory)) {
    throw new Failure('detect.hostile', {
      message: `The module directory ${JSON.stringify(directory.slice(0, 200))} has characters that a build tool could misread`,
      remedy: 'Use letters, digits and . _ - in the names of module directories.',
    });
  }
  return directory;
}

function hintedModule(value: string, origin: string, modules: Modules): string {
  const path = value.startsWith(':') ? value.slice(1).replaceAll(':', '/') : value;
  const directory = joinPath('', path);
  if (directory !== undefined && modules.all.includes(directory)) return directory;
  throw new Failure('detect.ambiguous', {
    message: `java.module is '${value.slice(0, 200)}', which is no module of this build`,
    where: origin,
    remedy: 'Set java.module to one of the runnable modules.',
    candidates: modules.runnable.map(titleOf),
  });
}

function soleModule(tree: SourceTree, runnable: readonly string[]): string {
  const applications = runnable.length > 1 ? runnable.filter((directory) => hasApplication(tree, directory)) : runnable;
  const [only, ...rest] = applications.length > 0 ? applications : runnable;
  if (only !== undefined && rest.length === 0) return only;
  throw new Failure('detect.ambiguous', {
    message: `${rest.length + 1} modules of this build are Spring Boot applications`,
    where: 'java.module',
    remedy: 'Set java.module to one of them (slipway.yml, or --set java.module=DIRECTORY).',
    candidates: (applications.length > 0 ? applications : runnable).map(titleOf),
  });
}

function titleOf(directory: string): string {
  return directory === '' ? '.' : directory;
}

const maxDirectories = 200;
const maxFiles = 100;

/** Whether one of a module's classes is annotated as the application; nearest to the source root first, within bounds. */
function hasApplication(tree: SourceTree, module: string): boolean {
  const waiting = ['java', 'kotlin', 'groovy'].map((language) => fileIn(module, `src/main/${language}`));
  let files = 0;
  for (let visited = 0; visited < maxDirectories; visited++) {
    const directory = waiting.shift();
    if (directory === undefined) return false;
    for (const { name, type } of tree.list(directory).slice(0, 1000)) {
      if (type === 'directory') waiting.push(`${directory}/${name}`);
      else if (/\.(?:java|kt|groovy)$/.test(name) && files++ < maxFiles) {
        if (/@(?:SpringBootApplication|EnableAutoConfiguration)\b/.test(tree.read(`${directory}/${name}`) ?? ''))
          return true;
      }
    }
  }
  return false;
}
