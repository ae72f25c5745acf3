import type { Command } from 'commander';
import type { CommandName, RunCommand } from './command-name.js';
import { addOutputOptions, type CommonOptions } from './options.js';

/** What becomes of the moving tags: for every command that pushes. */
export function addMovingOptions(command: Command): Command {
  return command.option(
    '--force-moving',
    'take the moving tags (latest, 1, 1.2) from whoever has them: once, where Slipway takes over from another tool',
    false,
  );
}

/** `slipway releases` and `slipway prune`. */
export function addRegistryCommands(program: Command, run: RunCommand): void {
  addRepositoryOptions(registryCommand(program, 'releases', 'list what is in the registry, newest version first'))
    .option('--limit <number>', 'list so many at most (default: 20; 0: all)')
    .addHelpText(
      'after',
      examples(
        'slipway releases',
        'slipway releases --repository registry.example.com/team/accounts --limit 0',
        'slipway releases --json',
      ),
    )
    .action(runner(run, 'releases'));
  addRepositoryOptions(
    registryCommand(
      program,
      'prune',
      'say which images in the registry are old enough to go; with --apply, delete them',
    ),
  )
    .option('--apply', 'delete what would go', false)
    .option('--keep <number>', 'releases that stay, the highest first (default: 10)')
    .option('--keep-prereleases <number>', 'other images that stay, the newest first (default: 10)')
    .option('--keep-lines <number>', 'minor lines whose tag (1.2) keeps its image, the highest first (default: all)')
    .option('--keep-days <number>', 'images that are younger stay (default: 30)')
    .option('--protect <tags>', 'images with these tags stay, e.g. 1.*,stable')
    .option('--foreign', 'judge images that Slipway did not name by their age, too; without it they all stay', false)
    .addHelpText('after', examples('slipway prune', 'slipway prune --keep 5 --keep-days 14', 'slipway prune --apply'))
    .action(runner(run, 'prune'));
}

/** What names the repository. The project is only looked at where no setting does. */
function addRepositoryOptions(command: Command): Command {
  return addOutputOptions(command)
    .option('--registry <host/path>', 'registry, e.g. registry.example.com/team')
    .option('--repository <name>', 'repository of the image, where it is not <registry>/<name>')
    .option('--name <name>', 'name of the project, where detection should not give it')
    .option('--username <user>', 'user name for the registry, with --password-stdin')
    .option('--password-stdin', 'read the password or token for --username from stdin', false)
    .option('--config <file>', 'settings file (default: slipway.yml in the directory)')
    .option(
      '--set <path=value>',
      'any setting, e.g. --set retention.keep=5; may be repeated',
      (value: string, previous: readonly string[]) => [...previous, value],
      [],
    );
}

function registryCommand(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).argument('[dir]', "the project's directory");
}

function runner(
  run: RunCommand,
  name: CommandName,
): (directory: string | undefined, options: CommonOptions) => Promise<void> {
  return (directory, options) => run(name, directory ?? '.', options);
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
