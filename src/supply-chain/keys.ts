import { createHash, createPrivateKey, createPublicKey, type KeyObject, scryptSync, sign, verify } from 'node:crypto';
import { Failure } from '../core/failure.js';
import type { Secret } from '../core/secret.js';
import { numberMember, textMember } from '../formats/json-member.js';

/** What signs; its secret never leaves it. */
export interface SigningKey {
  readonly sign: (data: Uint8Array) => Uint8Array;
  readonly publicKey: PublicKey;
}

/** What proves a signature. */
export interface PublicKey {
  readonly verify: (data: Uint8Array, signature: Uint8Array) => boolean;
  /** SHA-256 of its DER form in hex: names the key where one has to be told from another. */
  readonly fingerprint: string;
}

/**
 * A private key in PEM: what `openssl` writes (PKCS#8, SEC 1, PKCS#1, encrypted or not), or the key file of cosign. EC P-256, P-384 and P-521, Ed25519 and RSA
 * from 2048 bits on. Throws `settings.invalid`, which never shows the key.
 */
export async function readSigningKey(pem: Secret, password: Secret | undefined, where: string): Promise<SigningKey> {
  const text = pem.reveal().trim();
  const key = /^-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----/.test(text)
    ? await readCosignKey(text, password, where)
    : readPem(text, password, where);
  const { algorithm, publicKey } = usable(createPublicKey(key), where);
  return { sign: (data) => sign(algorithm, data, key), publicKey };
}

/** A public key in PEM. Throws `settings.invalid`. */
export function readPublicKey(pem: string, where: string): PublicKey {
  if (pem.includes('PRIVATE KEY'))
    throw badKey(where, 'it is a private key', 'Name the public key that belongs to it.');
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (cause) {
    throw badKey(
      where,
      'it is no public key in PEM',
      'Name a file that begins with -----BEGIN PUBLIC KEY-----.',
      cause,
    );
  }
  return usable(key, where).publicKey;
}

function readPem(text: string, password: Secret | undefined, where: string): KeyObject {
  const isEncrypted = /^-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(text);
  if (isEncrypted && password === undefined) throw noPassword(where);
  try {
    return createPrivateKey({ key: text, format: 'pem', ...(password && { passphrase: password.reveal() }) });
  } catch {
    // What OpenSSL says of it may quote it: it is not passed on.
    throw isEncrypted ? wrongPassword(where) : badKey(where, 'it is no private key in PEM', whatIsTaken);
  }
}

/** Key file of cosign: PKCS#8 in a secretbox under a key that scrypt makes of the password (go-securesystemslib, `encrypted`). */
async function readCosignKey(text: string, password: Secret | undefined, where: string): Promise<KeyObject> {
  if (password === undefined) throw noPassword(where);
  const box = parseBox(text);
  if (box === undefined) throw badKey(where, 'cosign did not write it so', whatIsTaken);
  const { default: nacl } = await import('tweetnacl');
  const { n, salt, nonce, ciphertext } = box;
  const key = scryptSync(password.reveal(), salt, nacl.secretbox.keyLength, { N: n, r: 8, p: 1, maxmem: 256 * n * 8 });
  const opened = nonce.length === nacl.secretbox.nonceLength && nacl.secretbox.open(ciphertext, nonce, key);
  if (!opened) throw wrongPassword(where);
  return createPrivateKey({ key: Buffer.from(opened), format: 'der', type: 'pkcs8' });
}

function parseBox(text: string) {
  const body = text.replace(/-----[A-Z ]+-----/g, '').replace(/\s/g, '');
  let box: unknown;
  try {
    box = JSON.parse(Buffer.from(body, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
  const n = numberMember(box, 'kdf', 'params', 'N') ?? 0;
  const [r, p] = [numberMember(box, 'kdf', 'params', 'r'), numberMember(box, 'kdf', 'params', 'p')];
  const [salt, nonce, ciphertext] = [
    textMember(box, 'kdf', 'salt'),
    textMember(box, 'cipher', 'nonce'),
    textMember(box, 'ciphertext'),
  ].map((part) => part && Buffer.from(part, 'base64'));
  const isKnown = textMember(box, 'kdf', 'name') === 'scrypt' && textMember(box, 'cipher', 'name') === 'nacl/secretbox';
  // A power of two within bounds: a file must not be able to take the machine's memory.
  const isBounded = n >= 1024 && n <= 1 << 20 && (n & (n - 1)) === 0 && r === 8 && p === 1;
  if (!isKnown || !isBounded || !salt || !nonce || !ciphertext) return undefined;
  return { n, salt, nonce, ciphertext };
}

/** As sigstore takes them: ECDSA and RSA (PKCS#1 v1.5) over SHA-256, Ed25519 over the data itself. */
function usable(key: KeyObject, where: string): { readonly algorithm: string | null; readonly publicKey: PublicKey } {
  const type = key.asymmetricKeyType;
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  const isCurve = type === 'ec' && ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve);
  if (!isCurve && type !== 'ed25519' && !(type === 'rsa' && modulusLength >= 2048))
    throw badKey(where, `a key of type ${type} ${namedCurve || modulusLength || ''}`.trim(), whatIsTaken);
  const algorithm = type === 'ed25519' ? null : 'sha256';
  const der = key.export({ format: 'der', type: 'spki' });
  return {
    algorithm,
    publicKey: {
      fingerprint: createHash('sha256').update(der).digest('hex'),
      verify: (data, signature) => {
        try {
          return verify(algorithm, data, key, signature);
        } catch {
          // A signature that is none of this sort of key at all.
          return false;
        }
      },
    },
  };
}

const whatIsTaken = 'Make one with `openssl ecparam -name prime256v1 -genkey -noout` or `cosign generate-key-pair`.';

function noPassword(where: string): Failure {
  return badKey(where, 'it is encrypted', 'Give its passphrase in the variable SLIPWAY_SIGN_PASSWORD.');
}

function wrongPassword(where: string): Failure {
  return badKey(where, 'the passphrase does not open it', 'Check the variable SLIPWAY_SIGN_PASSWORD.');
}

function badKey(where: string, why: string, remedy: string, cause?: unknown): Failure {
  return new Failure('settings.invalid', { message: `The key cannot be used: ${why}`, where, remedy, cause });
}
