import { commandsOf } from './start-script.js';

/** Options of node that take the next word. */
const withValue =
  /^(-r|--require|--import|--loader|--experimental-loader|-C|--conditions|--title|--env-file|--icu-data-dir)$/;

/** The file that an argv makes node load at last; undefined where it names none, as a package's own command. */
export function fileStartedBy(argv: readonly string[]): string | undefined {
  const commands = commandsOf(argv);
  if (commands.some(([program]) => program === 'cd')) return undefined;
  return fileOf(commands.at(-1) ?? []);
}

/** The source file with which an argv begins, also where a TypeScript runner loads it; undefined where it names none. */
export function sourceStartedBy(argv: readonly string[]): string | undefined {
  const last = commandsOf(argv).at(-1) ?? [];
  const runner = last.findIndex((word) => /^node_modules\/\.bin\/(tsx|ts-node|ts-node-esm|pm2-runtime)$/.test(word));
  return runner < 0 ? fileStartedBy(argv) : fileOf(['node', ...last.slice(runner + 1)]);
}

/** Every file and command of a dependency that an argv needs, in order: what a check after the build looks for. */
export function neededBy(argv: readonly string[]): readonly string[] {
  const commands = commandsOf(argv);
  const end = commands.findIndex(([program]) => program === 'cd');
  return commands.slice(0, end < 0 ? undefined : end).flatMap((words) => {
    const command = words.find((word) => /^(\.\.\/)*node_modules\/\.bin\//.test(word));
    return command ?? fileOf(words) ?? [];
  });
}

function fileOf(argv: readonly string[]): string | undefined {
  const words =
    argv[0] === 'env' ? argv.slice(argv.findIndex((word, index) => index > 0 && !word.includes('='))) : argv;
  if (/^\.{1,2}\/.*\.sh$/.test(words[0] ?? '')) return words[0];
  if (words[0] !== 'node') return undefined;
  for (let index = 1; index < words.length; index++) {
    const word = words[index] ?? '';
    if (/^(-e|--eval|-p|--print|-c|--check)$/.test(word)) return undefined;
    if (withValue.test(word)) index++;
    else if (!word.startsWith('-')) return word;
  }
  return undefined;
}
