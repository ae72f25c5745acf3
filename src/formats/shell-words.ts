/**
 * Split a command line into words as a POSIX shell does for quotes and backslashes; nothing is expanded. This is how
 * Compose reads a `command` that is one text. Undefined when a quote is not closed.
 */
export function splitShellWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  const pattern = /\s+|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)/gy;
  let word: string | undefined;
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    end = match.index + match[0].length;
    const part =
      match[1] ??
      match[2]?.replace(/\\(["\\$`\n])/g, (_, kept: string) => (kept === '\n' ? '' : kept)) ??
      match[3] ??
      match[4];
    if (part === undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + part;
    }
  }
  if (end !== text.length) return undefined;
  return word === undefined ? words : [...words, word];
}
