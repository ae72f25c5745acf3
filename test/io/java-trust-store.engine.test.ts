import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { renderJavaTrustStore } from '../../src/io/java-trust-store.js';

const bundle = readFileSync('/etc/ssl/certs/ca-certificates.crt', 'latin1');
const directory = mkdtempSync(join(tmpdir(), 'slipway-jks-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The builder's own keytool, as it is in the JDK image. */
function keytool(store: Uint8Array): string {
  writeFileSync(join(directory, 'store.jks'), store);
  const list = ['keytool', '-list', '-rfc', '-keystore', '/store/store.jks', '-storepass', 'changeit'];
  const run = [
    'run',
    '--rm',
    '--network',
    'none',
    '--volume',
    `${directory}:/store:ro`,
    'eclipse-temurin:17-jdk',
    ...list,
  ];
  return execFileSync('docker', run, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

function fingerprints(pem: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return [...new Set(blocks.map((block) => new X509Certificate(block).fingerprint256))].sort();
}

test('keytool reads from the store exactly the certificates of the bundle, and finds it whole', () => {
  const store = renderJavaTrustStore(bundle);
  expect(store && fingerprints(keytool(store))).toEqual(fingerprints(bundle));
});

test('a changed byte is found by the digest', () => {
  const store = renderJavaTrustStore(bundle) ?? new Uint8Array();
  const changed = Uint8Array.from(store);
  changed[changed.length - 30] = (changed[changed.length - 30] ?? 0) ^ 1;
  expect(() => keytool(changed)).toThrow();
});

test('text around the certificates, broken blocks, repeated and CRLF certificates do no harm', () => {
  const [first = ''] = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/) ?? [];
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const mixed = `# Company CA\n${first.replaceAll('\n', '\r\n')}\r\n${broken}${first}\nthe end`;
  expect(Buffer.from(renderJavaTrustStore(mixed) ?? [])).toEqual(Buffer.from(renderJavaTrustStore(first) ?? []));
  expect(fingerprints(keytool(renderJavaTrustStore(mixed) ?? new Uint8Array()))).toEqual(fingerprints(first));
});

test('a bundle without a certificate has no store', () => {
  expect(renderJavaTrustStore('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n')).toBeUndefined();
  expect(renderJavaTrustStore('')).toBeUndefined();
});
