import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../core/image-name.js';
import type { RegistryRepository } from '../core/registry.js';
import { runCosign } from '../io/cosign.js';
import { isLoopback } from '../registry/hosts.js';
import type { PublicKey } from '../supply-chain/keys.js';
import type { Statement } from '../supply-chain/provenance.js';
import type { Signer } from './signer.js';
import type { World } from './world.js';

type CosignSigner = Signer & { readonly by: 'cosign' };

/**
 * Let cosign sign an image and its documents; what the same key has signed already is not signed again. With a key nothing is written
 * to a public log; without one that log is what the signature rests on, and cosign takes the identity that the CI gives it.
 */
export async function signWithCosign(
  world: World,
  signer: CosignSigner,
  repository: RegistryRepository,
  digest: Digest,
  statements: readonly Statement[],
): Promise<void> {
  const image = `${repository.name}@${digest}`;
  const key = signer.key === undefined ? [] : ['--key', signer.key, '--tlog-upload=false'];
  // What the engine treats so too: clear text to this machine is no disclosure.
  const plain = isLoopback(image.slice(0, image.indexOf('/'))) ? ['--allow-http-registry'] : [];
  const signed = await whatIsSigned(world, signer, repository, digest);
  if (!signed.image) {
    world.progress.info('cosign sign');
    await callCosign(world, signer, ['sign', '--yes', ...key, ...plain, image]);
  }
  for (const [index, { predicate, predicateType }] of statements.entries()) {
    if (signed.types.includes(predicateType)) continue;
    const file = join(await world.runDirectory.make(), `predicate-${index}.json`);
    await writeFile(file, JSON.stringify(predicate), { mode: 0o600 });
    world.progress.info(`cosign attest ${predicateType}`);
    // By its short name cosign reads the predicate into fields of its own, and signs what it writes of them: another document.
    const what = ['--type', predicateType, '--predicate', file];
    await callCosign(world, signer, ['attest', '--yes', ...key, ...plain, ...what, image]);
  }
}

/** Nothing is known of it where cosign signs without a key. */
async function whatIsSigned(
  world: World,
  signer: CosignSigner,
  repository: RegistryRepository,
  digest: Digest,
): Promise<{ readonly image: boolean; readonly types: readonly string[] }> {
  if (signer.key === undefined) return { image: false, types: [] };
  const { readPublicKey } = await import('../supply-chain/keys.js');
  const { findAttestations, findSignature } = await import('../supply-chain/signature.js');
  const pem = await callCosign(world, signer, ['public-key', '--key', signer.key]);
  const key: PublicKey = readPublicKey(pem, 'sign.key');
  const { statements } = await findAttestations(repository, digest, key);
  return {
    image: (await findSignature(repository, digest, key)) === 'valid',
    types: statements.map(({ predicateType }) => predicateType),
  };
}

function callCosign(world: World, signer: CosignSigner, argv: readonly string[]): Promise<string> {
  return runCosign({ argv, secrets: signer.environment, environment: world.environment, signal: world.signal });
}
