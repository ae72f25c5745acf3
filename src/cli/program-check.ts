import type { Command } from 'commander';
import type { RunCommand } from './command-name.js';
import { addOutputOptions, type CommonOptions } from './options.js';

/** `slipway check`. */
export function addCheckCommand(program: Command, run: RunCommand): void {
  addOutputOptions(
    program
      .command('check')
      .description(
        "look over an environment's deploy templates: ports, capacity, updates that cannot end, images, secrets",
      )
      .argument('[env]', 'the environment (default: all of them)'),
  )
    .option('--offline', 'do not ask registries whether the images are there', false)
    .option('--ignore <rule>', 'leave a rule out; may be repeated', collect, [])
    .option('--directory <dir>', "the project's directory", '.')
    .option('--config <file>', 'settings file (default: slipway.yml in the directory)')
    .option(
      '--set <path=value>',
      'any setting, e.g. --set deploy.environments.prod.nodes=3; may be repeated',
      collect,
      [],
    )
    .addHelpText(
      'after',
      `
Examples:
  slipway check
  slipway check prod --offline
  slipway check prod --ignore mutable-tag

It ends with 53 where it finds an error, with 0 where there are warnings alone.`,
    )
    .action((env: string | undefined, { directory, ...options }: CommonOptions & { readonly directory: string }) =>
      run('check', directory, { ...options, ...(env !== undefined && { env }) }),
    );
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
