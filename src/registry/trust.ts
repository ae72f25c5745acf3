import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { errorCode, Failure } from '../core/failure.js';

/** Where distributions keep the bundle of certificates that the machine trusts (Go's crypto/x509 looks in the same places). */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Which authorities are believed beside those that Node brings. */
export interface TrustSettings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute path of a file of certificates in PEM; `registry.ca`. */
  readonly caFile?: string;
  /** Docker's `certs.d`: a directory for each host, whose `*.crt` are believed for that host. */
  readonly certsDirectory: string;
}

/**
 * What a host's certificate is proved against: Node's authorities, the machine's (`SSL_CERT_FILE`, else the distribution's bundle), those of
 * `NODE_EXTRA_CA_CERTS`, the settings' and Docker's for the host. Throws `settings.unreadable` for a named file that cannot be read.
 */
export function trustFor(host: string, { environment, caFile, certsDirectory }: TrustSettings): SecureContext {
  const machine = environment.SSL_CERT_FILE ? [environment.SSL_CERT_FILE] : bundles;
  const found = machine.map(readIfThere).find((text) => text !== undefined);
  const extra = environment.NODE_EXTRA_CA_CERTS ? readIfThere(environment.NODE_EXTRA_CA_CERTS) : undefined;
  const own = caFile === undefined ? undefined : readNamed(caFile);
  const texts = [found, extra, own, ...dockerCertificates(certsDirectory, host)];
  const ca = [...rootCertificates, ...texts.filter((text) => text !== undefined)];
  try {
    return createSecureContext({ ca });
  } catch (cause) {
    throw unusable(caFile ?? certsDirectory, cause);
  }
}

function dockerCertificates(directory: string, host: string): readonly (string | undefined)[] {
  const own = join(directory, host);
  const names = ifThere(() => readdirSync(own)) ?? [];
  return names.filter((name) => name.endsWith('.crt')).map((name) => readIfThere(join(own, name)));
}

function readNamed(path: string): string {
  const text = readIfThere(path);
  if (text?.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw unusable(path, undefined);
}

function readIfThere(path: string): string | undefined {
  return ifThere(() => readFileSync(path, 'utf8'));
}

function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

function unusable(where: string, cause: unknown): Failure {
  return new Failure('settings.unreadable', {
    message: 'The certificates of authorities for registries cannot be read',
    where,
    remedy: 'Name a file with certificates in PEM (-----BEGIN CERTIFICATE-----): registry.ca.',
    cause,
  });
}
