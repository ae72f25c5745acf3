/** One plain command: what a shell would do with it is known without a shell, but for the values of variables. */
export interface PlainCommand {
  /** Assignments before the command, in order, as `NAME=value`. */
  readonly env: readonly string[];
  readonly argv: readonly string[];
}

const special = /[$`\\;|&<>(){}*?[\]!]/;

/** A word that a shell only fills in: `$PORT`, `${PORT}`, `${PORT:-3000}`, with plain characters around it. */
const variable = /\$(?:[A-Za-z_]\w{0,60}|\{[A-Za-z_]\w{0,60}(?::?-[\w./:@-]{0,60})?\})/g;

/**
 * The commands that a script joins by `&&`. Undefined where the script needs more of a shell than to put in the values of
 * variables: redirection, pipes, globs, escapes, comments, or control characters.
 */
export function readCommands(script: string): readonly PlainCommand[] | undefined {
  if (script.length > 2000) return undefined;
  const commands: PlainCommand[] = [];
  for (const part of splitAtAnd(script)) {
    const words = readWords(part);
    if (!words) return undefined;
    commands.push(takeAssignments(words));
  }
  return commands.every((command) => command.argv.length > 0) ? commands : undefined;
}

/** Whether a word holds a variable that a shell has to fill in: written as it is for the shell, never quoted. */
export function hasVariable(word: string): boolean {
  return word.includes('$');
}

function splitAtAnd(script: string): readonly string[] {
  const parts: string[] = [];
  let rest = '';
  for (const token of script.match(/"[^"]*"|'[^']*'|&&|[^"'&]+|./gsu) ?? []) {
    if (token === '&&') {
      parts.push(rest);
      rest = '';
    } else rest += token;
  }
  return [...parts, rest];
}

/** Words as POSIX sh splits them; undefined where it would do more than split and unquote. */
function readWords(text: string): readonly string[] | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) return undefined;
  const words: string[] = [];
  for (const word of text.trim().match(/(?:"[^"]*"|'[^']*'|[^\s"']|["'])+/g) ?? []) {
    const plain = unquote(word);
    if (plain === undefined) return undefined;
    words.push(plain);
  }
  return words;
}

function unquote(word: string): string | undefined {
  if (/^[~#]/.test(word)) return undefined;
  if (word.includes('$')) return isFilledIn(word) ? word : undefined;
  let plain = '';
  for (const piece of word.match(/"[^"]*"|'[^']*'|[^"']+|["']/g) ?? []) {
    if (piece === '"' || piece === "'") return undefined;
    if (piece.startsWith("'")) plain += piece.slice(1, -1);
    else if (piece.startsWith('"')) {
      if (/[$`\\!]/.test(piece)) return undefined;
      plain += piece.slice(1, -1);
    } else if (special.test(piece)) return undefined;
    else plain += piece;
  }
  return plain;
}

function isFilledIn(word: string): boolean {
  return /^[\w./:=@%+,-]*$/.test(word.replace(variable, ''));
}

/** `cross-env` and `env` before assignments do the same as the assignments alone; `exec` changes nothing here. */
function takeAssignments(words: readonly string[]): PlainCommand {
  const env: string[] = [];
  let index = 0;
  for (; index < words.length; index++) {
    const word = words[index] ?? '';
    if (/^[A-Za-z_][A-Za-z0-9_]*=/.test(word)) env.push(word);
    else if (!/^(cross-env|env|exec)$/.test(word)) break;
  }
  return { env, argv: words.slice(index) };
}
