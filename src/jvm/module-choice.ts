import { Failure } from '../core/failure.js';
import type { Hints } from '../core/project.js';
import { isPlainDirectory, joinPath } from './paths.js';

/** The directories of a build's modules, `''` for the root. */
export interface Modules {
  readonly all: readonly string[];
  readonly runnable: readonly string[];
  /** What the runnable ones are, in the plural: `Spring Boot applications`. */
  readonly title: string;
}

/**
 * The directory of the one module that will run. A hint names it by directory or, as Gradle does, `:app`.
 * Throws `detect.ambiguous` where several are left or the hint names none, `detect.hostile` where its name could be
 * read by the build tool as something else.
 */
export function chooseModule(hints: Hints, modules: Modules): string {
  const directory = hintedModule(hints, modules) ?? soleModule(modules);
  if (directory !== '' && !isPlainDirectory(directory)) {
    throw new Failure('detect.hostile', {
      message: `The module directory ${JSON.stringify(directory.slice(0, 200))} has characters that a build tool could misread`,
      remedy: 'Use letters, digits and . _ - in the names of module directories.',
    });
  }
  return directory;
}

/** The directory that a hint names; undefined without a hint. Throws `detect.ambiguous` where there is no such module. */
export function hintedModule(hints: Hints, modules: Modules): string | undefined {
  const hint = hints['java.module'];
  if (!hint) return undefined;
  const value = String(hint.value);
  const path = value.startsWith(':') ? value.slice(1).replaceAll(':', '/') : value;
  const directory = joinPath('', path);
  if (directory !== undefined && modules.all.includes(directory)) return directory;
  throw new Failure('detect.ambiguous', {
    message: `java.module is '${value.slice(0, 200)}', which is no module of this build`,
    where: hint.origin,
    remedy: 'Set java.module to one of the runnable modules.',
    candidates: modules.runnable.map(titleOf),
  });
}

function soleModule({ runnable, title }: Modules): string {
  const [only, ...rest] = runnable;
  if (only !== undefined && rest.length === 0) return only;
  throw new Failure('detect.ambiguous', {
    message: `${runnable.length} modules of this build are ${title}`,
    where: 'java.module',
    remedy: 'Set java.module to one of them (slipway.yml, or --set java.module=DIRECTORY).',
    candidates: runnable.map(titleOf),
  });
}

function titleOf(directory: string): string {
  return directory === '' ? '.' : directory;
}
