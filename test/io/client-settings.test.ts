import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MountPlan } from '../../src/core/plan.js';
import { readClientSettings } from '../../src/io/client-settings.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'slipway-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(home, path)), { recursive: true });
  writeFileSync(join(home, path), text);
}

async function read(mount: MountPlan, environment: Record<string, string> = {}) {
  const files = await readClientSettings(environment, home)([mount]);
  return files.map(({ content, secrets, ...rest }) => ({
    ...rest,
    text: Buffer.from(content).toString('utf8'),
    secrets: secrets.map((secret) => secret.reveal()),
  }));
}

test('an .npmrc goes with its variables filled in and without places on the host', async () => {
  put(
    '.npmrc',
    '//npm.example.com/:_authToken=${NPM_TOKEN}\nregistry=https://npm.example.com/\ncafile=/host/ca.pem\nprefix=/host\n//b.example.com/:_password=c2VjcmV0LXB3\n@own:registry=${UNSET}\n',
  );
  expect(await read({ name: 'npmrc' }, { NPM_TOKEN: 'npm_12345678' })).toEqual([
    {
      name: 'npmrc',
      path: '/root/.npmrc',
      env: {},
      text: '//npm.example.com/:_authToken=npm_12345678\nregistry=https://npm.example.com/\n//b.example.com/:_password=c2VjcmV0LXB3\n@own:registry=${UNSET}\n\n',
      secrets: ['npm_12345678', 'c2VjcmV0LXB3', 'secret-pw'],
    },
  ]);
});

test('the registry that the environment names wins over the file', async () => {
  put('.npmrc', 'registry=https://a.example.com/\n');
  const [file] = await read({ name: 'npmrc' }, { npm_config_registry: 'https://u:pass-word@b.example.com/' });
  expect(file?.text.trim().split('\n').at(-1)).toBe('registry=https://u:pass-word@b.example.com/');
  expect(file?.secrets).toEqual(['pass-word']);
});

test('Maven settings keep their servers, with passwords known, and lose the local repository', async () => {
  put(
    '.m2/settings.xml',
    '<settings><localRepository>/host/repo</localRepository><servers><server><id>a</id><password>p&amp;ssword</password></server><server><password>${env.PW}</password></server></servers></settings>',
  );
  expect(await read({ name: 'maven-settings' }, { PW: 'a<b>cdef' })).toEqual([
    {
      name: 'maven-settings',
      path: '/root/.m2/settings.xml',
      env: {},
      text: '<settings><servers><server><id>a</id><password>p&amp;ssword</password></server><server><password>a&lt;b&gt;cdef</password></server></servers></settings>',
      secrets: ['p&ssword', 'a<b>cdef'],
    },
  ]);
});

test('Go gets where modules come from, the environment winning over the file, and nothing of the host’s tree', async () => {
  put(
    '.config/go/env',
    'GOPROXY=https://file.example.com\nGOPATH=/host/go\nGOFLAGS=-mod=mod\nGOPRIVATE=example.com/*\n',
  );
  expect(await read({ name: 'go-env' }, { GOPROXY: 'https://me:go-token-1@proxy.example.com,direct' })).toEqual([
    {
      name: 'go-env',
      env: { GOENV: '{file}' },
      text: 'GOPRIVATE=example.com/*\nGOPROXY=https://me:go-token-1@proxy.example.com,direct\n',
      secrets: ['go-token-1'],
    },
  ]);
  rmSync(join(home, '.config'), { recursive: true });
  expect(await read({ name: 'go-env' })).toEqual([]);
});

test('a .netrc and gradle.properties go with their secrets known', async () => {
  put('.netrc', 'machine a.example.com login me password pass1234\nmachine b login x\n password other567');
  put('.gradle/gradle.properties', 'org.gradle.java.home=/host/jdk\nrepoPassword=grad1234\nversion=1\n');
  const files = [await read({ name: 'netrc' }), await read({ name: 'gradle-properties' })].flat();
  expect(files.map(({ path, secrets }) => ({ path, secrets }))).toEqual([
    { path: '/root/.netrc', secrets: ['pass1234', 'other567'] },
    { path: '/root/.gradle/gradle.properties', secrets: ['grad1234'] },
  ]);
  expect(files[1]?.text).toBe('repoPassword=grad1234\nversion=1\n');
});

test('the bundle of the host points every client at itself, and Java at a store made of it', async () => {
  const files = await readClientSettings(
    { SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt' },
    home,
  )([{ name: 'ca' }]);
  expect(files.map(({ name, env }) => ({ name, env }))).toEqual([
    {
      name: 'ca.pem',
      env: {
        NODE_EXTRA_CA_CERTS: '{file}',
        SSL_CERT_FILE: '{file}',
        CURL_CA_BUNDLE: '{file}',
        REQUESTS_CA_BUNDLE: '{file}',
        PIP_CERT: '{file}',
        GIT_SSL_CAINFO: '{file}',
      },
    },
    { name: 'ca.jks', env: { JAVA_TOOL_OPTIONS: '-Djavax.net.ssl.trustStore={file}' } },
  ]);
});

test('a file that is not there is left out, unless the settings name it', async () => {
  expect(await read({ name: 'netrc' })).toEqual([]);
  await expect(read({ name: 'netrc', path: '~/own.netrc' })).rejects.toMatchObject({
    code: 'build.mount',
    where: join(home, 'own.netrc'),
  });
  put('own.netrc', 'machine a password pass1234');
  expect(await read({ name: 'netrc', path: '~/own.netrc' })).toMatchObject([{ text: 'machine a password pass1234' }]);
});
