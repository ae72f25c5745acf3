import { Failure } from '../core/failure.js';
import type { CommandName } from './command-name.js';
import { listenForSignals } from './interrupt.js';
import type { CommonOptions } from './options.js';
import type { CommandResult } from './result.js';
import { openWorld, type World } from './world.js';

type Command = (world: World) => Promise<CommandResult>;

/** Each command is loaded when it is asked for: start-up costs what the command needs, no more. */
const commands: Readonly<Record<CommandName, () => Promise<Command>>> = {
  detect: async () => (await import('./commands/detect.js')).runDetect,
  explain: async () => (await import('./commands/explain.js')).runExplain,
  preview: async () => (await import('./commands/preview.js')).runPreview,
  tags: async () => (await import('./commands/tags.js')).runTags,
  check: async () => (await import('./commands/check.js')).runCheck,
  init: async () => (await import('./commands/init.js')).runInit,
  eject: async () => (await import('./commands/eject.js')).runEject,
  pin: async () => (await import('./commands/pin.js')).runPin,
  releases: async () => (await import('./commands/releases.js')).runReleases,
  prune: async () => (await import('./commands/prune.js')).runPrune,
  rewrite: async () => (await import('./commands/rewrite.js')).runRewrite,
  build: async () => (await import('./commands/build.js')).runBuild,
  push: async () => (await import('./commands/push.js')).runPush,
  deploy: async () => (await import('./commands/deploy.js')).runDeploy,
  ship: async () => (await import('./commands/ship.js')).runShip,
  status: async () => (await import('./commands/status.js')).runStatus,
  history: async () => (await import('./commands/history.js')).runHistory,
  rollback: async () => (await import('./commands/rollback.js')).runRollback,
  verify: async () => (await import('./commands/verify.js')).runVerify,
  sbom: async () => (await import('./commands/sbom.js')).runSbom,
  'caches-list': async () => (await import('./commands/caches.js')).runListCaches,
  'caches-clear': async () => (await import('./commands/caches.js')).runClearCaches,
};

/** Run a command of the command line and print its result on stdout. Returns the process's exit code. */
export async function runCommand(name: CommandName, directory: string, options: CommonOptions): Promise<number> {
  const result = await executeCommand(name, directory, options);
  process.stdout.write(options.json ? `${JSON.stringify(result.json)}\n` : result.text);
  return result.exitCode ?? 0;
}

/** Run a command and return its result; SIGINT and SIGTERM end it cleanly. Throws the run's `Failure`. */
export async function executeCommand(
  name: CommandName,
  directory: string,
  options: CommonOptions,
): Promise<CommandResult> {
  const interrupt = listenForSignals((text) => process.stderr.write(`${text}\n`));
  let world: World | undefined;
  try {
    world = openWorld(directory, options, interrupt.signal);
    const command = await commands[name]();
    return await command(world);
  } catch (error) {
    // A command that knows what it left behind when it was interrupted says more than the signal.
    const says = error instanceof Failure && error.code.startsWith('run.');
    throw interrupt.signal.aborted && !says ? interrupt.signal.reason : error;
  } finally {
    await world?.close();
    interrupt.stop();
  }
}
