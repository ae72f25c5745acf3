import type { Command } from 'commander';
import type { RunCommand } from './command-name.js';
import { addOutputOptions, type CommonOptions } from './options.js';

/** `verify` and `sbom`. */
export function addSupplyChainCommands(program: Command, run: RunCommand): void {
  addOutputOptions(program.command('verify'))
    .description('prove an image in its registry: digest, labels, SBOM, provenance, signature')
    .argument('<image>', 'repository:tag, repository@sha256:…, or a release file that `push` or `ship` wrote')
    .option('--key <file>', "public key (PEM) that the image's signature has to be by")
    .option('--deep', 'read every layer and compare it with its digest', false)
    .option('--require <names>', 'fail where one is missing: labels, sbom, provenance, signature, …', collectNames, [])
    .addHelpText(
      'after',
      `
Examples:
  slipway verify registry.example.com/team/app:1.4.0
  slipway verify release.json --require sbom,provenance
  slipway verify registry.example.com/team/app:1.4.0 --key cosign.pub --require signed-provenance

Exit codes: 0 where nothing failed and all that is required is there, 49 otherwise.`,
    )
    .action((subject: string, options: CommonOptions) => run('verify', '.', { ...options, subject }));
  addOutputOptions(program.command('sbom'))
    .description('print the list of what is in an image of the engine, as CycloneDX')
    .argument('<image>', 'an image in the engine, by name or id')
    .addHelpText('after', '\nExamples:\n  slipway sbom registry.example.com/team/app:1.4.0 > sbom.json')
    .action((subject: string, options: CommonOptions) => run('sbom', '.', { ...options, subject }));
}

function collectNames(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, ...value.split(',').map((name) => name.trim())];
}
