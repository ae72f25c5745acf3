import { Failure } from './failure.js';

/** Characters that no POSIX shell gives a meaning to, wherever in a word they stand. */
const plainWord = /^[A-Za-z0-9_./:=@%+,-]+$/;

/**
 * One element of an argv as one word of POSIX sh: the shell gives the command exactly these bytes back. A word that needs
 * no quoting stays as it is, unless it could be read as an assignment. Throws `detect.hostile` for NUL, which no argv can hold.
 * Rule: POSIX.1-2024, Shell Command Language, 2.2.2: single quotes keep every character but the single quote.
 */
export function quoteShell(element: string): string {
  if (element.includes('\0')) {
    throw new Failure('detect.hostile', { message: 'A command has an argument with a NUL character' });
  }
  if (plainWord.test(element) && !/^[A-Za-z_][A-Za-z0-9_]*=/.test(element)) return element;
  return `'${element.replaceAll("'", "'\\''")}'`;
}

/** A whole argv as one simple command of POSIX sh. A command name that sh would take for its own word is quoted too. */
export function quoteShellCommand(argv: readonly string[]): string {
  return argv.map((element, index) => (index === 0 ? quoteName(element) : quoteShell(element))).join(' ');
}

const reservedWords = new Set(
  'if then else elif fi do done case esac while until for in time function select'.split(' '),
);

function quoteName(element: string): string {
  return reservedWords.has(element) ? `'${element}'` : quoteShell(element);
}
