import { existsSync } from 'node:fs';
import { Command, type Option } from 'commander';
import type { CommandName, RunCommand } from './command-name.js';
import {
  addBuildOptions,
  addDeployOptions,
  addOutputOptions,
  addPlanFileOption,
  addProjectOptions,
  addPushOptions,
  addVersionOptions,
  type CommonOptions,
} from './options.js';
import { addCheckCommand } from './program-check.js';
import { addDeploymentCommands, addOutcomeOptions } from './program-deployments.js';
import { addInitCommand } from './program-init.js';
import { addMovingOptions, addRegistryCommands } from './program-registry.js';
import { addRewriteCommand } from './program-rewrite.js';
import { addSupplyChainCommands } from './program-supply-chain.js';
import { addAttachOptions } from './supply-chain-options.js';

/** The command line: names, options, help. It knows nothing of what the commands do. */
export function makeProgram(version: string, run: RunCommand): Command {
  const program = new Command('slipway')
    .description('From a source tree to a rolled-out release, without a Dockerfile of your own.')
    .version(version)
    .showHelpAfterError('(slipway --help shows the commands and options)')
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false, optionDescription: describeOption })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'slipway: ')) })
    .addHelpText('after', exitCodeHelp);
  program.commandsGroup('Look, and change nothing:');
  addReadingCommands(program, run);
  addCheckCommand(program, run);
  program.commandsGroup('Write files into the project:');
  addWritingCommands(program, run);
  addRewriteCommand(program, (options) => run('rewrite', '.', options));
  program.commandsGroup('Build, push, deploy:');
  addActingCommands(program, run);
  addDeploymentCommands(program, run);
  program.commandsGroup('See to the registry and the caches:');
  addRegistryCommands(program, run);
  addSupplyChainCommands(program, run);
  addCacheCommands(program, run);
  return program;
}

function addReadingCommands(program: Command, run: RunCommand): void {
  addProjectOptions(command(program, 'detect', 'say what the project is, and why'))
    .addHelpText('after', examples('slipway detect', 'slipway detect services/accounts --json'))
    .action(runner(run, 'detect'));
  addProjectOptions(
    command(program, 'explain', 'say what the project is, why, and what will be built; or all about one fact'),
  )
    .argument('[fact]', 'one fact, e.g. java.version; alone, it stands for the fact in this directory')
    .addHelpText(
      'after',
      examples('slipway explain', 'slipway explain java.version', 'slipway explain services/accounts port'),
    )
    .action((first: string | undefined, second: string | undefined, options: CommonOptions) => {
      const { directory, fact } = explainedBy(first, second);
      return run('explain', directory, { ...options, ...(fact !== undefined && { fact }) });
    });
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
}

function addWritingCommands(program: Command, run: RunCommand): void {
  addInitCommand(program, run);
  addProjectOptions(command(program, 'eject', 'write the standalone Dockerfile and .dockerignore into the project'))
    .option('--check', 'write nothing; fail when the files differ from what would be written', false)
    .option('--force', 'overwrite files that Slipway did not write', false)
    .addHelpText('after', examples('slipway eject', 'slipway eject --check'))
    .action(runner(run, 'eject'));
  addProjectOptions(command(program, 'pin', "write the digests of the builder's and the base image into the project"))
    .option('--check', 'write nothing; fail when a tag has another digest than the one written down', false)
    .option('--dry-run', 'write nothing; say what would be written', false)
    .addHelpText('after', examples('slipway pin', 'slipway pin --check'))
    .action(runner(run, 'pin'));
}

function addActingCommands(program: Command, run: RunCommand): void {
  addPlanFileOption(addBuildOptions(addProjectOptions(command(program, 'build', 'build, pack and try the image'))))
    .option('--out <file>', 'write the image file, for `push`')
    .addHelpText('after', examples('slipway build', 'slipway build --plan plan.json --out image.json'))
    .action(runner(run, 'build'));
  addReleaseOptions(
    addPlanFileOption(addPushOptions(addProjectOptions(command(program, 'push', 'push the image that `build` made')))),
  )
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
  addOutcomeOptions(
    addPlanFileOption(
      addDeployOptions(addProjectOptions(command(program, 'deploy', 'rewrite the templates, roll out and wait'))),
    ),
  )
    .requiredOption('--release <file>', 'release file that `push` or `ship` wrote')
    .option('--dry-run', 'show the change of the template, change nothing', false)
    .addHelpText('after', examples('slipway deploy --env prod --release release.json'))
    .action(runner(run, 'deploy'));
  addOutcomeOptions(
    addReleaseOptions(
      addDeployOptions(
        addPlanFileOption(
          addPushOptions(
            addBuildOptions(
              addProjectOptions(command(program, 'ship', 'all of it: detect, build, pack, try, push, deploy')),
            ),
          ),
        ),
      ),
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

/** What becomes of a release that was pushed. */
function addReleaseOptions(command: Command): Command {
  return addAttachOptions(addMovingOptions(command));
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

/** What a flag is without it needs no word. */
function describeOption({ description, defaultValue }: Option): string {
  const says = defaultValue === undefined || typeof defaultValue === 'boolean' || Array.isArray(defaultValue);
  return says ? description : `${description} (default: ${String(defaultValue)})`;
}

function command(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .argument('[dir]', "the project's directory, or a jar that is already built");
}

function runner(
  run: RunCommand,
  name: CommandName,
): (directory: string | undefined, options: CommonOptions) => Promise<void> {
  return (directory, options) => run(name, directory ?? '.', options);
}

/** One word is a directory where there is one of that name; else a word such as `java.version` is a fact. */
function explainedBy(
  first: string | undefined,
  second: string | undefined,
): { readonly directory: string; readonly fact?: string } {
  if (second !== undefined) return { directory: first ?? '.', fact: second };
  if (first === undefined || existsSync(first) || !/^[a-z]+(?:[.-][a-z]+)*$/i.test(first))
    return { directory: first ?? '.' };
  return { directory: '.', fact: first };
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

const exitCodeHelp = `
Start here:
  slipway explain           what Slipway sees in this directory, why, and what it would build
  slipway preview           the Dockerfile it would use
  slipway ship --dry-run    everything it would do

Exit codes: 0 well, 10–19 settings, 20–29 detection, 30–39 build, 40–49 push, 50–59 deployment, 70 a bug of Slipway.`;
