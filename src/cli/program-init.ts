import type { Command } from 'commander';
import type { RunCommand } from './command-name.js';
import { addProjectOptions, type CommonOptions } from './options.js';

/** What the command line gives; `deploy` means something else to every other command. */
type InitOptions = Omit<CommonOptions, 'deploy'> & { readonly deploy?: string };

/** `slipway init`. */
export function addInitCommand(program: Command, run: RunCommand): void {
  addProjectOptions(
    program
      .command('init')
      .description('write a first deploy template, of what detection knows of the project')
      .argument('[dir]', "the project's directory"),
  )
    .requiredOption('--deploy <target>', 'what the template is for: swarm, marathon, kubernetes, haproxy')
    .option('--env <name>', 'deploy environment (default: prod)')
    .option('--force', 'overwrite a template that is there', false)
    .option('--dry-run', 'print the template, write nothing', false)
    .addHelpText(
      'after',
      `
Examples:
  slipway init --deploy swarm
  slipway init services/accounts --deploy marathon --env staging
  slipway init --deploy kubernetes --dry-run`,
    )
    .action((directory: string | undefined, { deploy, ...options }: InitOptions) =>
      run('init', directory ?? '.', {
        ...options,
        deploy: true,
        ...(deploy !== undefined && { deployTarget: deploy }),
      }),
    );
}
