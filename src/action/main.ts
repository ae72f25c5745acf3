import { executeCommand } from '../cli/run-command.js';
import { asFailure, formatFailure } from '../cli/print-failure.js';
import { readInputs } from './inputs.js';
import { formatAnnotation, writeOutputs } from './workflow-commands.js';

process.exitCode = await main();

/** One step of a workflow: the inputs are the command line's options, the outputs what its result holds. */
async function main(): Promise<number> {
  try {
    const request = readInputs(process.env);
    const result = await executeCommand(request.command, request.directory, request.options);
    process.stdout.write(result.text);
    const file = process.env.GITHUB_OUTPUT;
    if (file !== undefined && file !== '') writeOutputs(file, result.outputs ?? {});
    return 0;
  } catch (error) {
    const failure = asFailure(error);
    process.stderr.write(formatFailure(failure));
    process.stdout.write(formatAnnotation(failure));
    return failure.exitCode;
  }
}
