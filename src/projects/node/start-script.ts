import { quoteShell } from '../../core/shell.js';
import { hasControl, type Manifest } from './manifest.js';
import { hasVariable, type PlainCommand, readCommands } from './script-words.js';
import { isDevelopmentTool, isShellStep, type Resolved, resolveCommand } from './start-command.js';

/** The commands that a script runs one after another, or why they cannot be told or are none for an image. */
type Chain =
  | { readonly ok: true; readonly commands: readonly PlainCommand[]; readonly because: string }
  | { readonly ok: false; readonly because: string; readonly needsNpm?: true; readonly remedy?: string };

/**
 * The argv that does what `npm run <name>` does, without npm and, for one command without variables, without a shell. Several
 * commands, those of `pre<name>` among them, are one line of sh whose last command takes the shell's place. Commands before
 * the last that only build are left out: the image is already built. What needs more of a shell stays `npm run`.
 */
export function startOf(manifest: Manifest, name: string): Resolved {
  const script = manifest.scripts.get(name)?.value ?? '';
  if (isReal(manifest, `post${name}`)) return throughNpm(manifest, name, script, `'post${name}' comes after it`);
  const chain = chainOf(manifest, name, []);
  if (!chain.ok) return chain.needsNpm ? throughNpm(manifest, name, script, chain.because) : chain;
  const [first, ...others] = chain.commands;
  if (!first) return { ok: false, because: `script '${name}' only builds` };
  const needsShell = others.length > 0 || [...first.env, ...first.argv].some(hasVariable);
  if (!needsShell) return { ok: true, argv: withEnv(first), because: chain.because };
  const how = others.length > 0 ? 'one command after another' : 'for the value of a variable';
  const because = [chain.because, `by a shell, ${how}`].filter((text) => text !== '').join(', ');
  return { ok: true, argv: ['sh', '-c', lineOf(chain.commands)], because };
}

/** The commands of `sh -c` that `startOf` writes; the argv itself where it is another one; none that cannot be told. */
export function commandsOf(argv: readonly string[]): readonly (readonly string[])[] {
  if (argv[0] !== 'sh' || argv[1] !== '-c') return [argv];
  return readCommands(argv[2] ?? '')?.map((command) => command.argv) ?? [];
}

function chainOf(manifest: Manifest, name: string, seen: readonly string[]): Chain {
  const script = manifest.scripts.get(name)?.value;
  if (script === undefined) return { ok: false, because: `there is no script '${name}'` };
  if (seen.includes(name) || seen.length > 8) return { ok: false, because: `script '${name}' runs itself` };
  const written = readCommands(script);
  if (!written) return { ok: false, needsNpm: true, because: 'it needs a shell' };
  const moves = written.findIndex(({ argv }) => argv[0] === 'cd');
  if (moves >= 0 && written.slice(moves).some(({ argv }) => argv[0] !== 'cd' && argv[0] !== 'node')) {
    return { ok: false, because: 'it starts what lies in another directory, with a package.json of its own' };
  }
  const before = isReal(manifest, `pre${name}`) ? chainOf(manifest, `pre${name}`, [...seen, name]) : undefined;
  if (before && !before.ok) return before;
  const isPre = seen.some((one) => name === `pre${one}`);
  const needed = written.filter(
    (command, index) => (!isPre && index === written.length - 1) || !isBuilding(manifest, command),
  );
  return joined([
    ...(before ? [before] : []),
    ...needed.map((command, index) => linkOf(manifest, command, isPre || index < needed.length - 1, [...seen, name])),
  ]);
}

function joined(links: readonly Chain[]): Chain {
  const commands: PlainCommand[] = [];
  const reasons: string[] = [];
  for (const link of links) {
    if (!link.ok) return link;
    commands.push(...link.commands);
    if (link.because !== '') reasons.push(link.because);
  }
  return { ok: true, commands, because: reasons.join(', ') };
}

/** One command of a script, which may run another script. */
function linkOf(manifest: Manifest, command: PlainCommand, isBefore: boolean, seen: readonly string[]): Chain {
  const run = scriptRunBy(command.argv);
  if (run && manifest.scripts.has(run.name)) return inScript(chainOf(manifest, run.name, seen), command, run.rest);
  if (isBefore && isShellStep(command.argv[0] ?? '')) return { ok: true, commands: [command], because: '' };
  const resolved = resolveCommand(manifest, command);
  if (!resolved.ok) return resolved;
  return { ok: true, commands: [{ env: command.env, argv: resolved.argv }], because: resolved.because };
}

/** What stands before and behind `npm run x` holds for the commands of x: variables for all, arguments for the last. */
function inScript(chain: Chain, { env }: PlainCommand, rest: readonly string[]): Chain {
  if (!chain.ok) return chain;
  const last = chain.commands.length - 1;
  const commands = chain.commands.map((command, index) => ({
    env: [...env, ...command.env],
    argv: index === last ? [...command.argv, ...rest] : command.argv,
  }));
  return { ...chain, commands };
}

/** Whether a script is there that does more than build. */
function isReal(manifest: Manifest, name: string): boolean {
  const script = manifest.scripts.get(name)?.value;
  if (script === undefined || script.trim() === '') return false;
  return !readCommands(script)?.every((command) => isBuilding(manifest, command));
}

const cleaning = /^(rimraf|eslint)$/;

/** What only writes files from sources. */
const compiling =
  /^(tsc|tsup|tsc-alias|swc|babel|sass|node-sass|lessc|postcss|tailwindcss|webpack|rollup|esbuild|copyfiles|cpx)$/;

function isBuilding(manifest: Manifest, { argv }: PlainCommand, depth = 0): boolean {
  if (cleaning.test(argv[0] ?? '') || compiling.test(programOf(argv))) return !argv.some((word) => watching.test(word));
  const name = scriptRunBy(argv)?.name ?? '';
  if (/^(build|compile|clean|lint|transpile)(:|$)/.test(name)) return true;
  const script = manifest.scripts.get(name)?.value.trim();
  if (!script || depth > 4) return false;
  return readCommands(script)?.every((command) => isBuilding(manifest, command, depth + 1)) ?? false;
}

const watching = /^(-w|--watch|serve)$/;

function programOf(argv: readonly string[]): string {
  return (argv[0] === 'npx' ? argv[1] : argv[0]) ?? '';
}

/** What a start script builds before it starts: a script's name, or an argv that runs at the project's root. */
export interface BuildWithin {
  readonly start: string;
  readonly line: number;
  readonly run: string | readonly string[];
}

/** What the image's build has to do in the place of a start script, where no script `build` does. */
export function buildWithin(manifest: Manifest): BuildWithin | undefined {
  if (manifest.scripts.has('build')) return undefined;
  for (const start of ['start', 'start:prod', 'start:production', 'production', 'serve:prod']) {
    const script = manifest.scripts.get(start);
    if (!script) continue;
    const before = readCommands(manifest.scripts.get(`pre${start}`)?.value ?? '') ?? [];
    const all = [...before, ...(readCommands(script.value)?.slice(0, -1) ?? [])];
    const building = all.filter((one) => isBuilding(manifest, one) && !isDoneAtInstall(manifest, one));
    const commands = building.map((one) => commandToBuild(manifest, one)).filter((one) => one !== undefined);
    const [first] = commands;
    if (first === undefined) return undefined;
    const line = commands.map((one) => (typeof one === 'string' ? `npm run ${quoteShell(one)}` : inOneShell(one)));
    return { start, line: script.line, run: commands.length === 1 ? first : ['sh', '-ec', line.join(' && ')] };
  }
  return undefined;
}

function commandToBuild(manifest: Manifest, { env, argv }: PlainCommand): string | readonly string[] | undefined {
  const run = scriptRunBy(argv);
  if (run) return manifest.scripts.has(run.name) && !run.name.startsWith('-') ? run.name : undefined;
  if (cleaning.test(argv[0] ?? '') || [...env, ...argv].some(hasVariable)) return undefined;
  const [program = '', ...rest] = argv[0] === 'npx' ? argv.slice(1) : argv;
  return [...(env.length > 0 ? ['env', ...env] : []), `node_modules/.bin/${program}`, ...rest];
}

function inOneShell(argv: readonly string[]): string {
  return argv.map(quoteShell).join(' ');
}

/** Whether installing does the same: `postinstall` or `prepare` runs this very command. */
function isDoneAtInstall(manifest: Manifest, { argv }: PlainCommand): boolean {
  return ['postinstall', 'prepare'].some((name) =>
    readCommands(manifest.scripts.get(name)?.value ?? '')?.some((one) => one.argv.join(' ') === argv.join(' ')),
  );
}

/** The script that a package manager's command, or node itself, runs. */
function scriptRunBy(argv: readonly string[]): { readonly name: string; readonly rest: readonly string[] } | undefined {
  const [manager, ...words] = argv;
  if (manager === 'node' && words[0] === '--run' && words[1]) return { name: words[1], rest: restOf(words.slice(2)) };
  if (!/^(npm|yarn|pnpm|bun)$/.test(manager ?? '')) return undefined;
  const plain = withoutQuiet(words);
  const isRun = /^(run|run-script)$/.test(plain[0] ?? '');
  const [name, ...rest] = isRun ? withoutQuiet(plain.slice(1)) : plain;
  if (name === undefined || name.startsWith('-')) return undefined;
  if (!isRun && manager === 'npm' && !/^(start|test|stop|restart)$/.test(name)) return undefined;
  return { name, rest: restOf(rest) };
}

/** The manager's own flags stand before a script's name; behind it they are the script's. */
function withoutQuiet(words: readonly string[]): readonly string[] {
  const first = words.findIndex((word) => !/^(-s|--silent|-q|--quiet)$/.test(word));
  return first < 0 ? [] : words.slice(first);
}

function restOf(words: readonly string[]): readonly string[] {
  return words[0] === '--' ? words.slice(1) : words;
}

function throughNpm(manifest: Manifest, name: string, script: string, reason: string): Resolved {
  const words: readonly string[] = script.slice(0, 4000).match(/[\w@./-]+/g) ?? [];
  const tool = words.find((word) => isDevelopmentTool(word) && !/^(echo|true|exit|nest|expo)$/.test(word));
  if (hasControl(script) || script.length > 4000) return { ok: false, because: 'the script is not one line of text' };
  if (tool) return { ok: false, because: `it uses ${tool}, which is for development` };
  const dropped = words.find((word) => manifest.devDependencies.has(word));
  if (dropped) return { ok: false, because: `it uses ${dropped}, which is in devDependencies: not in the image` };
  const argv = name === 'start' ? ['npm', 'start'] : ['npm', 'run', name];
  return { ok: true, argv, because: `through npm: ${reason}` };
}

/** `env` replaces itself by the command, so that process 1 is still node. The image sets NODE_ENV=production itself. */
function withEnv({ env, argv }: PlainCommand): readonly string[] {
  const needed = env.filter((assignment) => assignment !== 'NODE_ENV=production');
  return needed.length === 0 ? argv : ['env', ...needed, ...argv];
}

function lineOf(commands: readonly PlainCommand[]): string {
  return commands
    .map(({ env, argv }, index) => {
      const needed = env.filter((assignment) => assignment !== 'NODE_ENV=production');
      const words = [...(index === commands.length - 1 ? ['exec'] : []), ...argv.map(inShell)];
      return [...needed.map(assignmentInShell), ...words].join(' ');
    })
    .join(' && ');
}

function assignmentInShell(assignment: string): string {
  const value = assignment.indexOf('=') + 1;
  return `${assignment.slice(0, value)}${inShell(assignment.slice(value))}`;
}

function inShell(word: string): string {
  return hasVariable(word) ? word : quoteShell(word);
}
