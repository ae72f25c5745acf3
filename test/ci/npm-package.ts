import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../support/fixture-project.js';
import { run } from './run.js';

export interface Packed {
  /** Absolute path of the tarball. */
  readonly tarball: string;
  /** Paths in it, sorted. */
  readonly files: readonly string[];
}

/** `npm pack` of what `npm run build` left in dist/. Throws where that was not run. */
export async function packSlipway(directory: string): Promise<Packed> {
  const root = repositoryRoot();
  if (!existsSync(join(root, 'dist/cli/main.js'))) throw new Error('There is no dist/: run `npm run build`');
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
  const { status, stdout, stderr } = await run('npm', args, { cwd: root });
  if (status !== 0) throw new Error(`npm pack ended with ${status}: ${stderr}`);
  const [packed] = JSON.parse(stdout) as readonly [{ filename: string; files: readonly { path: string }[] }];
  return { tarball: join(directory, packed.filename), files: packed.files.map((file) => file.path).sort() };
}

/**
 * Environment in which npx installs into a directory of its own, that goes away with the test, from the downloads that the
 * user's cache already has.
 */
export async function privateNpx(directory: string): Promise<Record<string, string>> {
  const { stdout } = await run('npm', ['config', 'get', 'cache'], { cwd: directory });
  const downloads = join(stdout.trim(), '_cacache');
  const cache = join(directory, 'npm-cache');
  mkdirSync(downloads, { recursive: true });
  mkdirSync(cache, { recursive: true });
  symlinkSync(downloads, join(cache, '_cacache'));
  return {
    npm_config_cache: cache,
    npm_config_prefer_offline: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  };
}
