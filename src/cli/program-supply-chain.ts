import type { Command } from 'commander';
import type { FlagSetting } from '../settings/settings-text.js';
import { addOutputOptions, type CommonOptions } from './options.js';
import type { RunCommand } from './program.js';

/** What of an image `verify` and `sbom` are asked. */
export interface SupplyChainOptions {
  /** `push`, `ship`: attach an SBOM; `verify`: not used. */
  readonly sbom?: boolean;
  readonly provenance?: boolean;
  /** `verify`, `sbom`: the image or release file. */
  readonly subject?: string;
  readonly key?: string;
  readonly deep?: boolean;
  /** Names of checks with commas between them. */
  readonly require?: readonly string[];
}

/** What is attached to a pushed image: for `push` and `ship`. */
export function addAttachOptions(command: Command): Command {
  return command
    .option('--no-sbom', 'do not attach the list of what is in the image')
    .option('--no-provenance', 'do not attach how the image was built');
}

/** The settings that those options stand for. */
export function supplyChainFlags({
  sbom,
  provenance,
}: Pick<CommonOptions, 'sbom' | 'provenance'>): readonly FlagSetting[] {
  return [
    ...(sbom === false ? [{ path: 'supply-chain.sbom', value: false, flag: '--no-sbom' }] : []),
    ...(provenance === false ? [{ path: 'supply-chain.provenance', value: false, flag: '--no-provenance' }] : []),
  ];
}

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
