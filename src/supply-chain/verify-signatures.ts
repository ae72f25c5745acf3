import type { RegistryRepository } from '../core/registry.js';
import type { Check, ProvedImage } from './check.js';
import { types } from './documents.js';
import type { PublicKey } from './keys.js';
import type { Statement } from './provenance.js';
import { findAttestations, findSignature, isAbout } from './signature.js';
import type { VerifiedDocuments } from './verify-documents.js';

/** Whether this key signed the image, and the documents that are attached to it. */
export async function verifySignatures(
  repository: RegistryRepository,
  image: ProvedImage,
  key: PublicKey,
  documents: VerifiedDocuments,
): Promise<readonly Check[]> {
  const { statements, others } = await findAttestations(repository, image.digest, key);
  const attached = { sbom: documents.sbom, provenance: predicateOf(documents.provenance) };
  return [
    await verifySignature(repository, image, key),
    verifyAttestation('signed-sbom', types.bomPredicate, attached.sbom, { statements, others, image }),
    verifyAttestation('signed-provenance', types.provenancePredicate, attached.provenance, {
      statements,
      others,
      image,
    }),
  ];
}

async function verifySignature(repository: RegistryRepository, image: ProvedImage, key: PublicKey): Promise<Check> {
  const state = await findSignature(repository, image.digest, key);
  switch (state) {
    case 'valid':
      return { name: 'signature', state: 'ok', says: `by the key ${key.fingerprint.slice(0, 16)}` };
    case 'other-digest':
      return {
        name: 'signature',
        state: 'failed',
        says: 'the key signed another image, and its signature was put here',
      };
    case 'other-key':
      return { name: 'signature', state: 'failed', says: 'no signature of the image is by this key' };
    case 'none':
      return { name: 'signature', state: 'failed', says: 'the image is not signed' };
  }
}

/** A signed copy has to be about this image, and say what the attached document says. */
function verifyAttestation(
  name: 'signed-sbom' | 'signed-provenance',
  predicateType: string,
  attached: unknown,
  found: { readonly statements: readonly Statement[]; readonly others: number; readonly image: ProvedImage },
): Check {
  const ofType = found.statements.filter((one) => one.predicateType === predicateType);
  if (ofType.length === 0) {
    const says = found.others > 0 ? 'none that this key signed' : 'none';
    return { name, state: 'absent', says };
  }
  if (!ofType.every((one) => isAbout(one, found.image.digest)))
    return { name, state: 'failed', says: 'the key signed it for another image' };
  const isSame = ofType.some((one) => canonical(one.predicate) === canonical(attached));
  if (attached !== undefined && !isSame)
    return { name, state: 'failed', says: 'what is signed is not what is attached' };
  return { name, state: 'ok', says: 'by the same key' };
}

function predicateOf(statement: unknown): unknown {
  return typeof statement === 'object' && statement !== null ? Reflect.get(statement, 'predicate') : undefined;
}

/** Members in one order: other tools write the same document in another. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}
