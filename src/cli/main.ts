#!/usr/bin/env node
import { CommanderError } from 'commander';
import { exitCodes, Failure } from '../core/failure.js';
import { Refusal } from './explain/refusal.js';
import { Judgement } from './judgement.js';
import type { CommonOptions } from './options.js';
import { asFailure, failureJson, formatFailure } from './print-failure.js';
import { makeProgram } from './program.js';
import { packageVersion } from './version.js';

for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
process.exitCode = await main(process.argv);

async function main(argv: readonly string[]): Promise<number> {
  let json = false;
  let exitCode = 0;
  const program = makeProgram(packageVersion(), async (name, directory, options: CommonOptions) => {
    json = options.json;
    const { runCommand } = await import('./run-command.js');
    exitCode = await runCommand(name, directory, options);
  });
  leaveExitToUs(program);
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    return report(error, json || argv.includes('--json'));
  }
}

/** Who reads our output may go away (`| head`): a run goes on to its end, so that nothing of it is left behind. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

function report(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return reportUsage(error, json);
  const failure = asFailure(error);
  process.stderr.write(
    failure instanceof Refusal || failure instanceof Judgement ? failure.page : formatFailure(failure),
  );
  if (json) process.stdout.write(`${JSON.stringify(failureJson(failure))}\n`);
  return failure.exitCode;
}

/** Commander has printed its own message; help and version end with 0. */
function reportUsage(error: CommanderError, json: boolean): number {
  if (error.exitCode === 0) return 0;
  if (error.code === 'commander.help') return exitCodes['settings.usage'];
  const message = error.message.replace(/^error: /, '');
  const failure = new Failure('settings.usage', { message, remedy: 'See slipway --help.' });
  if (json) process.stdout.write(`${JSON.stringify(failureJson(failure))}\n`);
  return failure.exitCode;
}

function leaveExitToUs(command: ReturnType<typeof makeProgram>): void {
  command.exitOverride();
  for (const inner of command.commands) leaveExitToUs(inner);
}
