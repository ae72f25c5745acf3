import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { renderJavaTrustStore } from '../../src/io/java-trust-store.js';
import { docker } from '../support/docker.js';

const bundle = process.env.SSL_CERT_FILE ?? '/etc/ssl/certs/ca-certificates.crt';

/**
 * A builder that trusts what this host trusts and asks the registries this host asks: what a company puts into builder
 * images of its own, since a plain `docker build` has no mounts. Made in `directory`, tagged `name`; what is built on it
 * inherits the label.
 */
export function makeTrustedBuilder(base: string, name: string, label: string, directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const certificates = readFileSync(bundle, 'latin1');
  writeFileSync(join(directory, 'ca.pem'), certificates, 'latin1');
  const store = renderJavaTrustStore(certificates);
  if (store === undefined) throw new Error(`${bundle} holds no certificate`);
  writeFileSync(join(directory, 'ca.jks'), store);
  const settings = join(homedir(), '.m2/settings.xml');
  if (existsSync(settings)) copyFileSync(settings, join(directory, 'settings.xml'));
  writeFileSync(join(directory, 'Dockerfile'), dockerfileOn(base, existsSync(settings)));
  docker('build', '--quiet', '--label', label, '--tag', name, directory);
}

function dockerfileOn(base: string, hasSettings: boolean): string {
  const environment = {
    NODE_EXTRA_CA_CERTS: '/ca/ca.pem',
    SSL_CERT_FILE: '/ca/ca.pem',
    CURL_CA_BUNDLE: '/ca/ca.pem',
    JAVA_TOOL_OPTIONS: '-Djavax.net.ssl.trustStore=/ca/ca.jks',
    // npm waits five minutes for an answer that got lost, which is longer than a test may take.
    npm_config_fetch_timeout: '45000',
    npm_config_registry: answerOf('npm', ['config', 'get', 'registry']),
    ...goEnvironment(),
  };
  const lines = Object.entries(environment).flatMap(([name, value]) => (value ? [`ENV ${name}="${value}"`] : []));
  const settings = hasSettings ? ['COPY settings.xml /root/.m2/settings.xml'] : [];
  return [`FROM ${base}`, 'COPY ca.pem ca.jks /ca/', ...settings, ...lines, ''].join('\n');
}

function goEnvironment(): Readonly<Record<string, string>> {
  const names = ['GOPROXY', 'GOSUMDB', 'GONOSUMDB', 'GOPRIVATE'];
  const values = answerOf('go', ['env', ...names]).split('\n');
  return Object.fromEntries(names.map((name, index) => [name, process.env[name] ?? values[index] ?? '']));
}

/** '' where this host has no such command. */
function answerOf(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}
