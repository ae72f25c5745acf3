import { lstat, mkdir, readdir, readlink, rename, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { errorCode, Failure } from '../../core/failure.js';
import type { Output } from '../../core/recipe.js';
import { inside } from './script.js';
import { staysInside, unpackInto } from './unpack.js';

/** A new, empty directory beside the final one: on the same disk, so that it can take its place in one step. */
export async function createPartial(outputDirectory: string, name: string): Promise<string> {
  const partial = `${outputDirectory}.${name}.partial`;
  await mkdir(partial, { recursive: true, mode: 0o755 });
  return partial;
}

/** What killed runs left of such directories for this output directory, which only one run uses at a time. */
export async function stalePartials(outputDirectory: string): Promise<readonly string[]> {
  const [parent, prefix] = [dirname(outputDirectory), `${basename(outputDirectory)}.slipway-`];
  const names = await readdir(parent).catch(() => []);
  return names.filter((name) => name.startsWith(prefix) && name.endsWith('.partial')).map((name) => join(parent, name));
}

/** Fetch what the script left in a container whose directories we do not see. */
export async function fetchOutputs(container: Docker.Container, directory: string): Promise<void> {
  await unpackInto((await container.getArchive({ path: inside.outputs })) as Readable, directory);
}

/**
 * Prove that the partial directory holds the declared outputs and nothing that leads out, and let it take the place of
 * the (empty) output directory: it appears whole or not at all.
 */
export async function acceptOutputs(
  partial: string,
  outputDirectory: string,
  outputs: readonly Output[],
): Promise<void> {
  for (const { from, to, type, optional } of outputs) {
    const status = await lstat(join(partial, to)).catch(() => undefined);
    const fits = type === 'file' ? status?.isFile() || (optional && status?.isDirectory()) : status?.isDirectory();
    if (!fits) throw new Failure('build.output-missing', { message: `The build did not leave ${from}`, where: from });
  }
  await refuseLinksOut(partial, '');
  await rmdir(outputDirectory).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
  await rename(partial, outputDirectory);
}

async function refuseLinksOut(root: string, directory: string): Promise<void> {
  for (const entry of await readdir(join(root, directory), { withFileTypes: true })) {
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
    if (entry.isDirectory()) await refuseLinksOut(root, path);
    else if (entry.isSymbolicLink()) {
      const target = await readlink(join(root, path));
      if (!staysInside(path, target)) throw linkOut(path, target);
    } else if (!entry.isFile()) throw linkOut(path, 'a device or pipe');
  }
}

function linkOut(path: string, target: string): Failure {
  return new Failure('build.output-missing', {
    message: `The build's output ${path} leads to ${target}, which cannot leave the builder`,
    where: path,
    remedy: 'Let the outputs hold files, directories and links among themselves only.',
  });
}
