import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.js';
import { openEnvelope, sealStatement } from '../../src/supply-chain/dsse.js';
import { readPublicKey, readSigningKey } from '../../src/supply-chain/keys.js';

const data = Buffer.from('{"some":"statement"}');
const spki = { type: 'spki', format: 'pem' } as const;
const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;

const pairs = {
  'P-256 in SEC 1': generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: spki,
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  }),
  'P-384 in PKCS#8': generateKeyPairSync('ec', {
    namedCurve: 'P-384',
    publicKeyEncoding: spki,
    privateKeyEncoding: pkcs8,
  }),
  Ed25519: generateKeyPairSync('ed25519', { publicKeyEncoding: spki, privateKeyEncoding: pkcs8 }),
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: spki, privateKeyEncoding: pkcs8 }),
  Other: generateKeyPairSync('ed25519', { publicKeyEncoding: spki, privateKeyEncoding: pkcs8 }),
  'P-256, encrypted': generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: spki,
    privateKeyEncoding: { ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'a word' },
  }),
};
const password = new Secret('a word');

test.each(Object.entries(pairs).filter(([name]) => name !== 'Other'))(
  '%s signs what its public half proves, and nothing else',
  async (_, pair) => {
    const key = await readSigningKey(new Secret(pair.privateKey), password, 'key.pem');
    const other = readPublicKey(pairs.Other.publicKey, 'other.pub');
    const proof = readPublicKey(pair.publicKey, 'key.pub');
    const signature = key.sign(data);
    expect([
      proof.verify(data, signature),
      proof.verify(Buffer.from('{"some":"Statement"}'), signature),
      proof.verify(data, signature.subarray(1)),
      proof.verify(data, Buffer.alloc(0)),
      other.verify(data, signature),
    ]).toEqual([true, false, false, false, false]);
    expect(proof.fingerprint).toBe(key.publicKey.fingerprint);
    const envelope = sealStatement(data, key);
    expect(openEnvelope(envelope, proof)).toEqual(data);
    expect(openEnvelope(envelope, other)).toBe(undefined);
    const changed = JSON.parse(envelope.toString());
    changed.payload = Buffer.from('{"some":"other"}').toString('base64');
    expect(openEnvelope(Buffer.from(JSON.stringify(changed)), proof)).toBe(undefined);
  },
);

/** Written by cosign 2.4.3, `COSIGN_PASSWORD=geheim cosign generate-key-pair`: a throw-away key that guards nothing. */
const cosignKey = `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiI3L3hDdGlaTTRaalI2dWlRbzNkcjVGZUd5Q1psd21W
azZaSVdDQ0wrWE1zPSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiJHWU5iQjl0eE8yd1Y4c3V2eVVEYWVzOHNaaURka3M4eSJ9LCJj
aXBoZXJ0ZXh0IjoicUh4aU5RTitSbVpLazY4Q1VRTW1qMWE5SWowMDNsSXJtNVJt
YStTaG50TXBtdjVjdm9qZXMyVklyNTJaU2xranR4Z1dObThZWUZNT0NYSmRuYjE2
VENEWFRSTzEvWDZYQ2hvNWt6alRsY3htWEJUazRJQ252bmVRdkVFT0dSSnAwSHNJ
RnhuUnV5VE5ET2Y4M2JDY0hKR1o2UWJ2ZTJIWWh2SlliWTRRRWpzVGVJT2czVzZL
Z21OUnZadFNQaEFjR0V2R0R3TDhKWFlGVXc9PSJ9
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----`;
const cosignPublic = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf3rwj67TuiRJzCHEliSxkj9S/pGk
wHRdTQnNL9EImaKfGcdkc3LJe5bzYtfhmjpr8AKWJDLv/gIhbx4/TsOgcA==
-----END PUBLIC KEY-----`;

test("cosign's own key file is opened by its passphrase", async () => {
  const key = await readSigningKey(new Secret(cosignKey), new Secret('geheim'), 'cosign.key');
  expect(readPublicKey(cosignPublic, 'cosign.pub').verify(data, key.sign(data))).toBe(true);
});

const cannot = (why: string) => ({
  code: 'settings.invalid',
  message: `The key cannot be used: ${why}`,
  where: 'k.pem',
});
const weak = generateKeyPairSync('rsa', { modulusLength: 1024, publicKeyEncoding: spki, privateKeyEncoding: pkcs8 });
const otherCurve = generateKeyPairSync('ec', {
  namedCurve: 'secp256k1',
  publicKeyEncoding: spki,
  privateKeyEncoding: pkcs8,
});

test.each([
  ['no passphrase', pairs['P-256, encrypted'].privateKey, undefined, 'it is encrypted'],
  ['a wrong passphrase', pairs['P-256, encrypted'].privateKey, 'b', 'the passphrase does not open it'],
  ["no passphrase for cosign's", cosignKey, undefined, 'it is encrypted'],
  ["a wrong passphrase for cosign's", cosignKey, 'b', 'the passphrase does not open it'],
  ['a short RSA key', weak.privateKey, undefined, 'a key of type rsa 1024'],
  ['a curve that sigstore does not take', otherCurve.privateKey, undefined, 'a key of type ec secp256k1'],
  ['a public key', pairs.RSA.publicKey, undefined, 'it is no private key in PEM'],
  ['anything', 'hello', undefined, 'it is no private key in PEM'],
  [
    "cosign's key with a cost that would take all memory",
    `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n${Buffer.from('{"kdf":{"name":"scrypt","params":{"N":1073741824,"r":8,"p":1},"salt":"AA=="},"cipher":{"name":"nacl/secretbox","nonce":"AA=="},"ciphertext":"AA=="}').toString('base64')}\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----`,
    'x',
    'cosign did not write it so',
  ],
])('%s is refused, and no part of the key is told', async (_, pem, word, why) => {
  const read = readSigningKey(new Secret(pem), word === undefined ? undefined : new Secret(word), 'k.pem');
  await expect(read).rejects.toMatchObject(cannot(why));
  const told = await read.catch((error: Error) =>
    JSON.stringify({ ...error, message: error.message, cause: error.cause }),
  );
  const secret = pem
    .replace(/-----[^-]+-----/g, '')
    .trim()
    .slice(0, 40);
  expect(told).not.toContain(secret);
});

test('a private key is not taken for a public one', () => {
  expect(() => readPublicKey(pairs.Ed25519.privateKey, 'k.pem')).toThrow(
    expect.objectContaining(cannot('it is a private key')),
  );
});
