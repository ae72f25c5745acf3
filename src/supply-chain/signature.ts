import type { Digest } from '../core/image-name.js';
import type { RegistryRepository } from '../core/registry.js';
import { textMember } from '../formats/json-member.js';
import { addStored, listStored, type StoredLayer } from './cosign-store.js';
import { openEnvelope, parseJson, sealStatement } from './dsse.js';
import type { PublicKey, SigningKey } from './keys.js';
import { digestFromHex, type Statement } from './provenance.js';

/** https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md */
const cosign = {
  payload: 'application/vnd.dev.cosign.simplesigning.v1+json',
  signature: 'dev.cosignproject.cosign/signature',
  envelope: 'application/vnd.dsse.envelope.v1+json',
  type: 'cosign container image signature',
} as const;

/** Sign an image as cosign does, unless this key has signed it already; whether a signature was added. */
export async function signImage(repository: RegistryRepository, digest: Digest, key: SigningKey): Promise<boolean> {
  const found = await findSignature(repository, digest, key.publicKey);
  if (found === 'valid') return false;
  const payload = Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': repository.name },
        image: { 'docker-manifest-digest': digest },
        type: cosign.type,
      },
      optional: null,
    }),
  );
  const signature = Buffer.from(key.sign(payload)).toString('base64');
  const annotations = { [cosign.signature]: signature };
  await addStored(repository, digest, 'sig', { mediaType: cosign.payload, bytes: payload, annotations });
  return true;
}

/** How an image is signed: by this key for this digest, by this key for another, by others only, or not at all. */
export type SignatureState = 'valid' | 'other-digest' | 'other-key' | 'none';

export async function findSignature(
  repository: RegistryRepository,
  digest: Digest,
  key: PublicKey,
): Promise<SignatureState> {
  const layers = await listStored(repository, digest, 'sig');
  let state: SignatureState = layers.length === 0 ? 'none' : 'other-key';
  for (const layer of layers) {
    const payload = await readLayer(repository, layer, cosign.payload);
    const signature = layer.annotations[cosign.signature];
    if (payload === undefined || signature === undefined) continue;
    if (!key.verify(payload, Buffer.from(signature, 'base64'))) continue;
    const said = parseJson(payload);
    const signed = textMember(said, 'critical', 'image', 'docker-manifest-digest');
    if (signed === digest && textMember(said, 'critical', 'type') === cosign.type) return 'valid';
    state = 'other-digest';
  }
  return state;
}

/** Sign a statement and attach it as cosign does, unless this key has signed one of its type for the image already. */
export async function attestStatement(
  repository: RegistryRepository,
  digest: Digest,
  statement: Statement,
  key: SigningKey,
): Promise<boolean> {
  const { statements } = await findAttestations(repository, digest, key.publicKey);
  if (statements.some((one) => one.predicateType === statement.predicateType && isAbout(one, digest))) return false;
  await addStored(repository, digest, 'att', {
    mediaType: cosign.envelope,
    bytes: sealStatement(Buffer.from(JSON.stringify(statement)), key),
    annotations: { [cosign.signature]: '', predicateType: statement.predicateType },
  });
  return true;
}

/** The statements of an image that this key signed, and how many there are of others. */
export async function findAttestations(
  repository: RegistryRepository,
  digest: Digest,
  key: PublicKey,
): Promise<{ readonly statements: readonly Statement[]; readonly others: number }> {
  const layers = await listStored(repository, digest, 'att');
  const statements: Statement[] = [];
  for (const layer of layers) {
    const envelope = await readLayer(repository, layer, cosign.envelope);
    const opened = envelope && openEnvelope(envelope, key);
    const statement = opened && parseJson(opened);
    if (isStatement(statement)) statements.push(statement);
  }
  return { statements, others: layers.length - statements.length };
}

/** Whether a statement has the image as a subject. */
export function isAbout(statement: Statement, digest: Digest): boolean {
  return statement.subject.some((subject) => digestFromHex(textMember(subject, 'digest', 'sha256')) === digest);
}

/** Statement versions that are in use: cosign writes the older one for some predicates. */
export function isStatement(value: unknown): value is Statement {
  const type = textMember(value, '_type') ?? '';
  const subject = typeof value === 'object' && value !== null ? Reflect.get(value, 'subject') : undefined;
  return (
    /^https:\/\/in-toto\.io\/Statement\/v(?:0\.1|1)$/.test(type) &&
    Array.isArray(subject) &&
    textMember(value, 'predicateType') !== undefined
  );
}

async function readLayer(
  repository: RegistryRepository,
  layer: StoredLayer,
  mediaType: string,
): Promise<Uint8Array | undefined> {
  return layer.mediaType === mediaType ? repository.getBlob(layer.digest) : undefined;
}
