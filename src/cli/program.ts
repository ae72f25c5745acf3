import { Command } from 'commander';
import {
  addBuildOptions,
  addDeployOptions,
  addOutputOptions,
  addPlanFileOption,
  addProjectOptions,
  addVersionOptions,
  type CommonOptions,
} from './options.js';

/** What a command does with its directory and options; resolves when its result is printed. */
export type RunCommand = (name: CommandName, directory: string, options: CommonOptions) => Promise<void>;

export type CommandName =
  | 'detect'
  | 'preview'
  | 'tags'
  | 'build'
  | 'push'
  | 'deploy'
  | 'ship'
  | 'eject'
  | 'caches-list'
  | 'caches-clear';

/** The command line: names, options, help. It knows nothing of what the commands do. */
export function makeProgram(version: string, run: RunCommand): Command {
  const program = new Command('slipway')
    .description('From a source tree to a rolled-out release, without a Dockerfile of your own.')
    .version(version)
    .showHelpAfterError('(slipway --help shows the commands and options)')
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    .addHelpText('after', exitCodeHelp);
  addReadingCommands(program, run);
  addActingCommands(program, run);
  addCacheCommands(program, run);
  return program;
}

function addReadingCommands(program: Command, run: RunCommand): void {
  addProjectOptions(command(program, 'detect', 'say what the project is, and why'))
    .addHelpText('after', examples('slipway detect', 'slipway detect services/accounts --json'))
    .action(runner(run, 'detect'));
  addDeployOptions(
    addBuildOptions(
      addProjectOptions(command(program, 'preview', 'print the Dockerfile; nothing is written or built')),
    ),
  )
    .option('--standalone', 'print the multi-stage Dockerfile that builds from source with plain docker build', false)
    .option('--out <file>', 'write the plan to a file, for another CI job')
    .addHelpText(
      'after',
      examples('slipway preview > Dockerfile', 'slipway preview --json', 'slipway preview --out plan.json'),
    )
    .action(runner(run, 'preview'));
  addVersionOptions(command(program, 'tags', 'say which version and tags the commit gets, and why'))
    .option('--explain', 'tell every rule: whether it applied, and why', false)
    .addHelpText('after', examples('slipway tags --explain', 'slipway tags services/accounts --tag-prefix accounts/'))
    .action(runner(run, 'tags'));
  addProjectOptions(command(program, 'eject', 'write the standalone Dockerfile and .dockerignore into the project'))
    .option('--check', 'write nothing; fail when the files differ from what would be written', false)
    .option('--force', 'overwrite files that Slipway did not write', false)
    .addHelpText('after', examples('slipway eject', 'slipway eject --check'))
    .action(runner(run, 'eject'));
}

function addActingCommands(program: Command, run: RunCommand): void {
  addPlanFileOption(addBuildOptions(addProjectOptions(command(program, 'build', 'build, pack and try the image'))))
    .option('--out <file>', 'write the image file, for `push`')
    .addHelpText('after', examples('slipway build', 'slipway build --plan plan.json --out image.json'))
    .action(runner(run, 'build'));
  addPlanFileOption(addProjectOptions(command(program, 'push', 'push the image that `build` made')))
    .option('--image <file>', 'image file that `build` wrote (default: the image of this commit in the engine)')
    .option('--out <file>', 'write the release file, for `deploy`')
    .addHelpText(
      'after',
      examples(
        'slipway push --registry registry.example.com/team',
        'slipway push --image image.json --out release.json',
      ),
    )
    .action(runner(run, 'push'));
  addPlanFileOption(
    addDeployOptions(addProjectOptions(command(program, 'deploy', 'rewrite the templates, roll out and wait'))),
  )
    .requiredOption('--release <file>', 'release file that `push` or `ship` wrote')
    .option('--dry-run', 'show the change of the template, change nothing', false)
    .addHelpText('after', examples('slipway deploy --env prod --release release.json'))
    .action(runner(run, 'deploy'));
  addDeployOptions(
    addPlanFileOption(
      addBuildOptions(addProjectOptions(command(program, 'ship', 'all of it: detect, build, pack, try, push, deploy'))),
    ),
  )
    .option('--no-deploy', 'stop after the push')
    .option('--dry-run', 'print what would be done, do nothing', false)
    .option('--out <file>', 'write the release file')
    .addHelpText(
      'after',
      examples(
        'slipway ship --registry registry.example.com/team',
        'slipway ship --env prod',
        'slipway ship --dry-run',
      ),
    )
    .action(runner(run, 'ship'));
}

function addCacheCommands(program: Command, run: RunCommand): void {
  const caches = program.command('caches').description('list or clear the dependency caches in the engine');
  addOutputOptions(command(caches, 'list', 'list the caches; with a directory, only those of its project')).action(
    (directory, options) =>
      run('caches-list', directory ?? '.', { ...options, projectCaches: directory !== undefined }),
  );
  addOutputOptions(command(caches, 'clear', 'remove the caches; with a directory, only those of its project')).action(
    (directory, options) =>
      run('caches-clear', directory ?? '.', { ...options, projectCaches: directory !== undefined }),
  );
}

function command(parent: Command, name: string, description: string): Command {
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

const exitCodeHelp = `
Start here:
  slipway detect            what Slipway sees in this directory
  slipway preview           the Dockerfile it would use
  slipway ship --dry-run    everything it would do

Exit codes: 0 well, 10–19 settings, 20–29 detection, 30–39 build, 40–49 push, 50–59 deployment, 70 a bug of Slipway.`;
