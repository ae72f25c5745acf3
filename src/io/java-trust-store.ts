import { createHash, X509Certificate } from 'node:crypto';

/** Java's own default, which every JVM tries where none is given. It keeps nothing secret: certificates are public. */
const password = 'changeit';
/** The white of the digest's egg (sun.security.provider.JavaKeyStore): mixed into the integrity digest of every JKS file. */
const whitener = 'Mighty Aphrodite';
const magic = 0xfeedfeed;
const trustedCertificate = 2;

/**
 * A Java key store (JKS, version 2; the format as OpenJDK's sun.security.provider.JavaKeyStore reads it) with each
 * certificate of a PEM bundle as a trusted entry, so that a JVM trusts what the rest of the host trusts. Certificates
 * that stand twice are taken once; text between them is passed over, and so are blocks that are no X.509 certificate. The
 * same bundle gives the same bytes: entries are dated at the epoch. Undefined when the bundle has no certificate.
 */
export function renderJavaTrustStore(bundle: string): Uint8Array | undefined {
  const certificates = readCertificates(bundle);
  if (certificates.length === 0) return undefined;
  const header = Buffer.concat([uint32(magic), uint32(2), uint32(certificates.length)]);
  const body = Buffer.concat([header, ...certificates.map(renderEntry)]);
  const digest = createHash('sha1').update(utf16(password)).update(whitener, 'utf8').update(body).digest();
  return Buffer.concat([body, digest]);
}

function readCertificates(bundle: string): readonly Buffer[] {
  const found = new Map<string, Buffer>();
  for (const [block] of bundle.matchAll(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END [^-]*-----/g)) {
    const certificate = derOf(block);
    if (certificate) found.set(certificate.toString('base64'), certificate);
  }
  return [...found.values()];
}

function derOf(block: string): Buffer | undefined {
  try {
    return new X509Certificate(block).raw;
  } catch {
    return undefined;
  }
}

function renderEntry(certificate: Buffer, index: number): Buffer {
  return Buffer.concat([
    uint32(trustedCertificate),
    modifiedUtf8(`host-${index + 1}`),
    Buffer.alloc(8),
    modifiedUtf8('X.509'),
    uint32(certificate.length),
    certificate,
  ]);
}

/** `DataOutputStream.writeUTF`, of ASCII. */
function modifiedUtf8(text: string): Buffer {
  const bytes = Buffer.from(text, 'ascii');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
