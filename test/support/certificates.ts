import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files in PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate for these names that it signed itself, with a P-256 key; made by openssl. */
export function makeCertificate(directory: string, names: readonly string[]): Certificate {
  mkdirSync(directory, { recursive: true });
  const [certificate, key] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')];
  const config = join(directory, 'openssl.cnf');
  const alternatives = names.map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(',');
  writeFileSync(
    config,
    `[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=slipway test\n[ext]\nsubjectAltName=${alternatives}\nbasicConstraints=critical,CA:TRUE\n`,
  );
  const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', [...make, '-config', config, '-keyout', key, '-out', certificate], { stdio: 'pipe' });
  return { certificate, key };
}
