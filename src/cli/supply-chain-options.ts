import type { Command } from 'commander';
import type { FlagSetting } from '../settings/settings-text.js';

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
export function supplyChainFlags({ sbom, provenance }: SupplyChainOptions): readonly FlagSetting[] {
  return [
    ...(sbom === false ? [{ path: 'supply-chain.sbom', value: false, flag: '--no-sbom' }] : []),
    ...(provenance === false ? [{ path: 'supply-chain.provenance', value: false, flag: '--no-provenance' }] : []),
  ];
}
