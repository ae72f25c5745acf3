import { Failure } from '../../core/failure.js';
import { type Fact, fact, type Hints } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { fileIn, isPlainDirectory } from '../../jvm/paths.js';
import type { JavaModel } from './model.js';

/**
 * Throws `detect.ambiguous` for a program that starts nothing without arguments, where a person gave none: Dropwizard's `server
 * config.yml` (https://www.dropwizard.io/en/stable/getting-started.html#running-your-application).
 */
export function requireArguments({ dependencies }: JavaModel, hints: Hints): void {
  const dropwizard = dependencies.find(({ id }) => id === 'io.dropwizard:dropwizard-core');
  if (!dropwizard || hints['java.arguments']) return;
  throw new Failure('detect.ambiguous', {
    message: 'A Dropwizard program starts its server only with the arguments for it',
    where: `${dropwizard.from.file ?? 'java.arguments'}:${dropwizard.from.line ?? 1}`,
    remedy: 'Set java.arguments (slipway.yml, or --set \'java.arguments=["server","config.yml"]\').',
    candidates: ['server config.yml', 'server'],
  });
}

/** The arguments that name files of the module or of the tree: these go into the image, beside the program. */
export function findArgumentFiles(tree: SourceTree, { directory }: JavaModel, hints: Hints): Fact | undefined {
  const words = hints['java.arguments']?.value;
  if (!Array.isArray(words)) return undefined;
  const found = words.flatMap((word: string) => {
    const file = [fileIn(directory, word), word].find((path) => isPlainDirectory(path) && tree.has(path));
    return file === undefined ? [] : [{ word, file }];
  });
  if (found.length === 0) return undefined;
  return fact(
    found.map(({ file }) => file),
    found.map(({ word, file }) => ({ file, because: `${word} is an argument` })),
  );
}
