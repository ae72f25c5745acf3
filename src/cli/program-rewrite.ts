import { type Command, Option } from 'commander';
import { addOutputOptions, type CommonOptions } from './options.js';

/** What `slipway rewrite` is asked. */
export interface RewriteOptions extends CommonOptions {
  /** `-`: standard input. */
  readonly file?: string;
  readonly diff?: boolean;
  readonly write?: boolean;
  readonly format?: string;
}

/** `slipway rewrite`: deploy templates by hand. */
export function addRewriteCommand(program: Command, run: (options: RewriteOptions) => Promise<void>): void {
  const command = program
    .command('rewrite')
    .description('set the image and other values of one service in a deploy template, and nothing else')
    .argument('<file>', 'the template; - for standard input')
    .option('--image <reference>', 'the new image: repository:tag, repository:tag@digest')
    .option('--service <id>', "the service's id in the template, where its image does not tell")
    .option(
      '--set <path=value>',
      'a value of the service, e.g. --set instances=3; may be repeated',
      (value: string, previous: readonly string[]) => [...previous, value],
      [],
    )
    .addOption(new Option('--diff', 'print what changes instead of the new text').conflicts('write').default(false))
    .addOption(new Option('--write', 'replace the file instead of printing the new text').default(false))
    .option(
      '--format <name>',
      'what the template is, where it does not tell: helm, kubernetes, kustomize, marathon, swarm',
    );
  addOutputOptions(command)
    .addHelpText(
      'after',
      `
Nothing or more than one thing that matches is an error, and then nothing is printed or written.

Examples:
  slipway rewrite deploy/prod/stack.yml --image registry.example.com/team/web:1.4.0 > stack.yml
  slipway rewrite apps.json --service /shop/web --image registry.example.com/team/web:1.4.0 --diff
  slipway rewrite web.yaml --service web --set instances=3 --set env.LOG_LEVEL=debug --write
  helm template shop | slipway rewrite - --format kubernetes --image registry.example.com/team/web:1.4.0`,
    )
    .action((file: string, options: RewriteOptions) => run({ ...options, file }));
}
