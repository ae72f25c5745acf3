import { hasControl, type Manifest } from './manifest.js';
import { type PlainCommand, readCommands } from './script-words.js';

/** What a script comes to when it is to start the image. */
export type Started =
  | { readonly ok: true; readonly argv: readonly string[]; readonly because: string }
  | { readonly ok: false; readonly because: string };

/** Commands that serve developers or only build: an image never starts with one. */
const developmentTools =
  /^(vite|react-scripts|ng|vue-cli-service|nodemon|ts-node|ts-node-dev|tsnd|tsc|webpack|webpack-dev-server|parcel|gatsby|expo|electron|nest|jest|vitest|mocha|concurrently|turbo|nx|lerna|rollup|esbuild|tsup|husky|echo|true|exit)$/;

/** Packages whose command has another name. */
const packageOfCommand: Readonly<Record<string, string>> = {
  'remix-serve': '@remix-run/serve',
  'react-router-serve': '@react-router/serve',
  'pm2-runtime': 'pm2',
  fastify: 'fastify-cli',
  medusa: '@medusajs/cli',
  'blitz-next': 'blitz',
};

/**
 * The argv that does what `npm run <name>` does, without npm or a shell as process 1 where that is the same. Commands
 * before it that only build are left out: the image is already built. What needs a shell stays `npm run`.
 */
export function startOf(manifest: Manifest, name: string, seen: readonly string[] = []): Started {
  const script = manifest.scripts.get(name)?.value;
  if (script === undefined) return { ok: false, because: `there is no script '${name}'` };
  if (seen.includes(name) || seen.length > 8) return { ok: false, because: `script '${name}' runs itself` };
  const commands = readCommands(script);
  if (!commands) return throughShell(manifest, name, script, 'it needs a shell');
  if (hasRealPrestart(manifest, name)) return throughShell(manifest, name, script, `'pre${name}' goes before it`);
  const needed = commands.filter((command, index) => index === commands.length - 1 || !isBuilding(command));
  const [command] = needed;
  if (needed.length !== 1 || !command) return throughShell(manifest, name, script, 'it runs several commands');
  return startOfCommand(manifest, command, [...seen, name]);
}

function hasRealPrestart(manifest: Manifest, name: string): boolean {
  const script = manifest.scripts.get(`pre${name}`)?.value;
  return script !== undefined && !readCommands(script)?.every(isBuilding);
}

function isBuilding({ argv }: PlainCommand): boolean {
  if (/^(tsc|rimraf|eslint|tsup|tsc-alias)$/.test(argv[0] ?? '')) return true;
  const script = scriptRunBy(argv)?.name;
  return script !== undefined && /^(build|compile|clean|lint|transpile)(:|$)/.test(script);
}

/** The script that a package manager's command runs. */
function scriptRunBy(argv: readonly string[]): { readonly name: string; readonly rest: readonly string[] } | undefined {
  const [manager, ...words] = argv;
  if (!/^(npm|yarn|pnpm|bun)$/.test(manager ?? '')) return undefined;
  const plain = words.filter((word) => !/^(-s|--silent|-q|--quiet)$/.test(word));
  const isRun = /^(run|run-script)$/.test(plain[0] ?? '');
  const name = isRun ? plain[1] : plain[0];
  if (name === undefined || name.startsWith('-')) return undefined;
  if (!isRun && manager === 'npm' && !/^(start|test|stop|restart)$/.test(name)) return undefined;
  const rest = plain.slice(isRun ? 2 : 1);
  return { name, rest: rest[0] === '--' ? rest.slice(1) : rest };
}

function throughShell(manifest: Manifest, name: string, script: string, reason: string): Started {
  const words: readonly string[] = script.slice(0, 4000).match(/[\w@./-]+/g) ?? [];
  const tool = words.find((word) => developmentTools.test(word) && !/^(echo|true|exit|nest|expo)$/.test(word));
  if (hasControl(script) || script.length > 4000) return { ok: false, because: 'the script is not one line of text' };
  if (tool) return { ok: false, because: `it uses ${tool}, which is for development` };
  const dropped = words.find((word) => manifest.devDependencies.has(word));
  if (dropped) return { ok: false, because: `it uses ${dropped}, which is in devDependencies: not in the image` };
  return {
    ok: true,
    argv: name === 'start' ? ['npm', 'start'] : ['npm', 'run', name],
    because: `through npm: ${reason}`,
  };
}

function startOfCommand(manifest: Manifest, command: PlainCommand, seen: readonly string[]): Started {
  const [program = '', ...rest] = command.argv;
  const run = scriptRunBy(command.argv);
  if (run && manifest.scripts.has(run.name)) {
    return withEnv(command, withArguments(startOf(manifest, run.name, seen), run.rest));
  }
  if (program === 'node') return withEnv(command, startOfNode(manifest, command.argv, seen));
  if (/^(npx|bunx)$/.test(program) && rest[0] && !rest[0].startsWith('-')) {
    return withEnv(command, startOfBinary(manifest, rest));
  }
  return withEnv(command, startOfBinary(manifest, command.argv));
}

function startOfNode(manifest: Manifest, argv: readonly string[], seen: readonly string[]): Started {
  const watching = argv.find((word) => /^--watch(-|=|$)/.test(word));
  if (watching) return { ok: false, because: `${watching} is for development` };
  const run = argv[1] === '--run' ? argv[2] : undefined;
  if (run !== undefined) return startOf(manifest, run, seen);
  if (argv.length < 2) return { ok: false, because: 'node is given no file' };
  const kept = withoutEnvFile(argv);
  return { ok: true, argv: kept, because: kept === argv ? '' : 'without its --env-file, which is not in the image' };
}

/** Node ends at once when the file is missing, and a file of secrets is left out of the image. */
function withoutEnvFile(argv: readonly string[]): readonly string[] {
  const at = argv.findIndex((word) => word === '--env-file' || word.startsWith('--env-file='));
  if (at < 0) return argv;
  return withoutEnvFile(argv.toSpliced(at, argv[at] === '--env-file' ? 2 : 1));
}

function startOfBinary(manifest: Manifest, argv: readonly string[]): Started {
  const [program = '', ...rest] = argv;
  if (program.startsWith('./') && !program.includes('/../')) {
    return { ok: true, argv: program.endsWith('.sh') ? argv : ['node', ...argv], because: '' };
  }
  if (developmentTools.test(program) || /^(dev|preview|develop)$/.test(rest[0] ?? '')) {
    return { ok: false, because: `${[program, rest[0] ?? ''].join(' ').trim()} is for development` };
  }
  const from = Object.hasOwn(packageOfCommand, program) ? packageOfCommand[program] : program;
  if (from === undefined || !/^[A-Za-z0-9][\w.-]*$/.test(program) || !manifest.dependencies.has(from)) {
    return { ok: false, because: `${program.slice(0, 60)} is not the command of one of its dependencies` };
  }
  return { ok: true, argv: [`node_modules/.bin/${program}`, ...rest], because: '' };
}

function withArguments(started: Started, rest: readonly string[]): Started {
  if (!started.ok || rest.length === 0) return started;
  if (started.argv[0] === 'npm') return { ...started, argv: [...started.argv, '--', ...rest] };
  return { ...started, argv: [...started.argv, ...rest] };
}

/** `env` replaces itself by the command, so that process 1 is still node. The image sets NODE_ENV=production itself. */
function withEnv(command: PlainCommand, started: Started): Started {
  const env = command.env.filter((assignment) => assignment !== 'NODE_ENV=production');
  if (!started.ok || env.length === 0) return started;
  return { ...started, argv: ['env', ...env, ...(started.argv[0] === 'env' ? started.argv.slice(1) : started.argv)] };
}
