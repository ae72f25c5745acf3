import type { CommonOptions } from './options.js';

/** What a command does with its directory and options; resolves when its result is printed. */
export type RunCommand = (name: CommandName, directory: string, options: CommonOptions) => Promise<void>;

export type CommandName =
  | 'detect'
  | 'explain'
  | 'preview'
  | 'tags'
  | 'check'
  | 'build'
  | 'push'
  | 'deploy'
  | 'ship'
  | 'status'
  | 'history'
  | 'rollback'
  | 'verify'
  | 'sbom'
  | 'eject'
  | 'init'
  | 'pin'
  | 'releases'
  | 'prune'
  | 'rewrite'
  | 'caches-list'
  | 'caches-clear';
