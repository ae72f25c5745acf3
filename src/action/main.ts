import { randomUUID } from 'node:crypto';
import { CommanderError } from 'commander';
import { asFailure, formatFailure } from '../cli/print-failure.js';
import { makeProgram } from '../cli/program.js';
import type { CommandResult } from '../cli/result.js';
import { executeCommand } from '../cli/run-command.js';
import { packageVersion } from '../cli/version.js';
import { Failure } from '../core/failure.js';
import { commandLineOf } from './inputs.js';
import { formatAnnotation, formatResume, formatStop, writeOutputs } from './workflow-commands.js';

process.exitCode = await main();

/**
 * One step of a workflow: the inputs are the command line's options, the outputs what its result holds. What a build prints
 * is not ours: while it runs, the runner takes no workflow commands from the log.
 */
async function main(): Promise<number> {
  const token = randomUUID();
  process.stdout.write(formatStop(token));
  try {
    const result = await runStep(process.env);
    process.stdout.write(`${result.text}${formatResume(token)}`);
    const file = process.env.GITHUB_OUTPUT;
    if (file !== undefined && file !== '') writeOutputs(file, result.outputs ?? {});
    return 0;
  } catch (error) {
    const failure = error instanceof CommanderError ? usageFailure(error) : asFailure(error);
    process.stderr.write(formatFailure(failure));
    process.stdout.write(`${formatResume(token)}${formatAnnotation(failure)}`);
    return failure.exitCode;
  }
}

async function runStep(environment: Readonly<Record<string, string | undefined>>): Promise<CommandResult> {
  let result: CommandResult = { text: '', json: {} };
  const program = makeProgram(packageVersion(), async (name, directory, options) => {
    result = await executeCommand(name, directory, options);
  });
  for (const command of [program, ...program.commands]) command.exitOverride().configureOutput({ writeErr() {} });
  await program.parseAsync([...commandLineOf(environment, program)], { from: 'user' });
  return result;
}

function usageFailure(error: CommanderError): Failure {
  return new Failure('settings.usage', {
    message: error.message.replace(/^error: /, ''),
    remedy: 'The inputs are the options of the command line: slipway --help shows them.',
  });
}
