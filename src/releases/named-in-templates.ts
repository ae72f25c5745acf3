/** A file of an environment's deploy templates. */
export interface TemplateFile {
  readonly environment: string;
  readonly path: string;
  readonly text: string;
}

/** Words of deploy templates that may name an image, each with the first place it stands at: `deploy/prod/app.yml:12 (prod)`. */
export type NamedWords = ReadonlyMap<string, string>;

/**
 * Every word of the templates that could be a tag, and every digest. No format is understood on purpose: a tag may stand in a
 * default (`${TAG:-1.2.3}`), in a value of its own (`tag: 1.2.3`) or in a comment, and an image too many that stays harms nobody.
 */
export function wordsOfTemplates(files: readonly TemplateFile[]): NamedWords {
  const words = new Map<string, string>();
  for (const { environment, path, text } of files) {
    for (const [index, line] of text.split('\n').entries()) {
      for (const word of wordsOfLine(line)) {
        if (!words.has(word)) words.set(word, `${path}:${index + 1} (${environment})`);
      }
    }
  }
  return words;
}

function wordsOfLine(line: string): readonly string[] {
  const digests = line.match(/sha256:[0-9a-f]{64}/g) ?? [];
  const tags = line.match(/[A-Za-z0-9_][A-Za-z0-9_.-]*/g) ?? [];
  return [...digests, ...tags.flatMap((tag) => [tag, tag.replace(/[.-]+$/, '')])];
}

/** Places at which the image of a repository is named by a variable, so that nobody can tell which one it is. */
export function openNames(files: readonly TemplateFile[], repository: string): readonly string[] {
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  return files.flatMap(({ environment, path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) =>
        [`${name}:$`, `${name}:{{`].some((open) => line.includes(open)) && !/:\$\{\w+:?-/.test(line)
          ? [`${path}:${index + 1} (${environment})`]
          : [],
      ),
  );
}
