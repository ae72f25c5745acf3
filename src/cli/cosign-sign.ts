import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCosign } from '../io/cosign.js';
import { isLoopback } from '../registry/hosts.js';
import { types } from '../supply-chain/documents.js';
import type { Statement } from '../supply-chain/provenance.js';
import type { Signer } from './signer.js';
import type { World } from './world.js';

/**
 * Let cosign sign an image and its documents. With a key nothing is written to a public log; without one that log is what the
 * signature rests on, and cosign takes the identity that the CI gives it.
 */
export async function signWithCosign(
  world: World,
  signer: Signer & { readonly by: 'cosign' },
  image: string,
  statements: readonly Statement[],
): Promise<void> {
  const key = signer.key === undefined ? [] : ['--key', signer.key, '--tlog-upload=false'];
  // What the engine treats so too: clear text to this machine is no disclosure.
  const plain = isLoopback(image.slice(0, image.indexOf('/'))) ? ['--allow-http-registry'] : [];
  const call = (argv: readonly string[]) =>
    runCosign({ argv, secrets: signer.environment, environment: world.environment, signal: world.signal });
  world.progress.info('cosign sign');
  await call(['sign', '--yes', ...key, ...plain, image]);
  for (const [index, statement] of statements.entries()) {
    const file = join(await world.runDirectory.make(), `predicate-${index}.json`);
    await writeFile(file, JSON.stringify(statement.predicate), { mode: 0o600 });
    const type = statement.predicateType === types.bomPredicate ? 'cyclonedx' : 'slsaprovenance1';
    world.progress.info(`cosign attest ${type}`);
    // Its own of this type is replaced, so that a rerun does not add a second one.
    await call(['attest', '--yes', '--replace', ...key, ...plain, '--type', type, '--predicate', file, image]);
  }
}
