import type { Command } from 'commander';
import type { RunCommand } from './command-name.js';
import { addOutputOptions, type CommonOptions } from './options.js';

/** The commands that look after what is deployed: its state, its history, and going back. */
export function addDeploymentCommands(program: Command, run: RunCommand): void {
  program.commandsGroup('Look after what is deployed:');
  addPlaceOptions(
    program
      .command('status')
      .description('what the templates say, what was recorded and what runs, side by side')
      .argument('[env]', 'deploy environment; without it, every one'),
  )
    .option('--service <id>', 'only this service of the templates')
    .addHelpText('after', examples('slipway status', 'slipway status prod', 'slipway status prod --json'))
    .action((env: string | undefined, options: CommonOptions & Place) =>
      run('status', ...chosen(env, undefined, options)),
    );
  addPlaceOptions(
    program
      .command('history')
      .description('the deployments that were recorded, newest first')
      .argument('[env]', 'deploy environment; without it, every one')
      .argument('[service]', "the service's id in the deploy templates; without it, all of them"),
  )
    .option('--limit <number>', 'how many at most', '20')
    .addHelpText('after', examples('slipway history prod', 'slipway history prod web --limit 100'))
    .action((env: string | undefined, service: string | undefined, options: CommonOptions & Place) =>
      run('history', ...chosen(env, service, options)),
    );
  addPlaceOptions(
    program
      .command('rollback')
      .description('go back to the last deployment that went well before the present one, and wait')
      .argument('[env]', 'deploy environment')
      .argument('[service]', "the service's id in the deploy templates, where there are several"),
  )
    .option('--to <version>', 'go back to this version instead')
    .option('--dry-run', 'show what would be done, change nothing', false)
    .option('--no-pin', 'let the next deployment go forward again; without it, one needs --unpin')
    .option('--detailed-exit-code', 'exit with 3 where there was nothing to do', false)
    .addHelpText(
      'after',
      examples('slipway rollback prod --dry-run', 'slipway rollback prod web', 'slipway rollback prod web --to 1.4.2'),
    )
    .action((env: string | undefined, service: string | undefined, options: CommonOptions & Place) =>
      run('rollback', ...chosen(env, service, options)),
    );
}

/** How a deployment judges what is there, and tells its end: for every command that deploys a release. */
export function addOutcomeOptions(command: Command): Command {
  return command
    .option('--allow-older', 'deploy though what is there is newer', false)
    .option('--unpin', 'deploy though a person rolled the service back and pinned it there', false)
    .option('--detailed-exit-code', 'exit with 3 where there was nothing to do', false);
}

interface Place {
  readonly directory: string;
}

function addPlaceOptions(command: Command): Command {
  return addOutputOptions(command)
    .option('--directory <dir>', "the project's directory", '.')
    .option('--config <file>', 'settings file (default: slipway.yml in the directory)')
    .option('--set <path=value>', 'any setting; may be repeated', collect, []);
}

function chosen(
  env: string | undefined,
  service: string | undefined,
  { directory, ...options }: CommonOptions & Place,
): readonly [string, CommonOptions] {
  return [directory, { ...options, ...(env !== undefined && { env }), ...(service !== undefined && { service }) }];
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
