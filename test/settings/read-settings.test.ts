import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hintsFrom } from '../../src/settings/hints.js';
import { parseSetFlag, readSettings } from '../../src/settings/read-settings.js';
import { defaults } from '../../src/settings/settings.js';
import { makeDirectory } from '../io/repository.js';
import { read } from './read.js';

const whole = `# the settings of a service
name: accounts
kind: go
registry:
  plain-http: ['localhost:5000']
  skip-tls-verify: [registry.example.org]
  ca: ~/company.pem
push:
  by: slipway
  when: always
image:
  also-push: [registry.example.org/mirror, 'localhost:5000']
  registry: registry.example.com/team
  repository: registry.example.com/team/accounts
  platform: linux/arm64
  base: debian:12-slim
  pins: require
build:
  image: golang:1.24
  dockerfile: ci/builder.Dockerfile
  timeout: 20m
  transfer: stream
  mounts:
    npmrc: true
    maven-settings: ci/settings.xml
    netrc: false
    go-env: true
    gradle-properties: ~/.gradle/gradle.properties
    ca: /etc/ssl/ca.pem
try: { enabled: false, timeout: 90, path: /ready, port: 8081, environment: { MODE: demo, RETRIES: 3 } }
port: 6767
health: /health
java: { version: 21, build-tool: gradle, module: services/web }
spring-boot: { release: 3.5.1 }
node: { version: 22, package-manager: pnpm, workspace: services/web, start: node dist/server.js, build: compile }
go: { version: 1.20, main: ./cmd/server, cgo: true }
version: { tag-prefix: accounts/, moving: never, branch-tag: true, withdrawn: [2.0.0, 2.0.1] }
retention: { keep: 5, keep-prereleases: 0, keep-lines: 3, keep-days: 14, protect: ['1.*', stable] }
templates: ci/templates
supply-chain: { sbom: false, require: true }
sign: { key: ci/key.pem, with: cosign }
deploy:
  environment: staging
  repository: git@git.example.com:team/deploy.git
  branch: live
  timeout: 1h
  environments:
    staging:
      target: swarm
      path: deploy/staging
      service: accounts
      stack: shop
    production:
      target: marathon
      url: https://marathon.example.com
      repository: https://git.example.com/team/prod.git
      branch: main
      timeout: 90s
`;

test('a file sets everything, with times in seconds and commands as lists', async () => {
  const settings = await read(whole);
  expect(settings.values).toEqual({
    name: 'accounts',
    kind: 'go',
    image: {
      registry: 'registry.example.com/team',
      repository: 'registry.example.com/team/accounts',
      platform: 'linux/arm64',
      base: 'debian:12-slim',
      'also-push': ['registry.example.org/mirror', 'localhost:5000'],
      pins: 'require',
    },
    registry: {
      'plain-http': ['localhost:5000'],
      'skip-tls-verify': ['registry.example.org'],
      ca: '~/company.pem',
    },
    push: { by: 'slipway', when: 'always' },
    build: {
      image: 'golang:1.24',
      dockerfile: 'ci/builder.Dockerfile',
      timeout: 1200,
      transfer: 'stream',
      mounts: {
        npmrc: true,
        'maven-settings': 'ci/settings.xml',
        netrc: false,
        'go-env': true,
        'gradle-properties': '~/.gradle/gradle.properties',
        ca: '/etc/ssl/ca.pem',
      },
    },
    try: { enabled: false, timeout: 90, path: '/ready', port: 8081, environment: { MODE: 'demo', RETRIES: '3' } },
    port: 6767,
    health: '/health',
    java: { version: '21', 'build-tool': 'gradle', module: 'services/web' },
    'spring-boot': { release: '3.5.1' },
    node: {
      version: '22',
      'package-manager': 'pnpm',
      workspace: 'services/web',
      start: ['node', 'dist/server.js'],
      build: 'compile',
    },
    go: { version: '1.20', main: './cmd/server', cgo: true },
    version: { 'tag-prefix': 'accounts/', moving: 'never', 'branch-tag': true, withdrawn: ['2.0.0', '2.0.1'] },
    retention: { keep: 5, 'keep-prereleases': 0, 'keep-lines': 3, 'keep-days': 14, protect: ['1.*', 'stable'] },
    templates: 'ci/templates',
    'supply-chain': { sbom: false, provenance: true, require: true },
    sign: { key: 'ci/key.pem', with: 'cosign' },
    deploy: {
      environment: 'staging',
      repository: 'git@git.example.com:team/deploy.git',
      branch: 'live',
      timeout: 3600,
      environments: {
        staging: { target: 'swarm', path: 'deploy/staging', service: 'accounts', stack: 'shop' },
        production: {
          target: 'marathon',
          url: 'https://marathon.example.com',
          repository: 'https://git.example.com/team/prod.git',
          branch: 'main',
          timeout: 90,
        },
      },
    },
  });
  expect(
    ['name', 'image.registry', 'try.environment.MODE', 'node.start', 'deploy.environments.production.url'].map(
      settings.originOf,
    ),
  ).toEqual(['slipway.yml:2', 'slipway.yml:13', 'slipway.yml:30', 'slipway.yml:35', 'slipway.yml:55']);
});

test.each([
  ['nothing', undefined],
  ['an empty file', ''],
  ['comments alone', '# image:\n#   registry: x\n'],
  ['a null document', '---\n...\n'],
  ['an empty section', 'image:\nbuild: {}\n'],
])('%s leaves the defaults, and says so', async (_name, yaml) => {
  const settings = await read(yaml);
  expect(settings.values).toEqual({
    ...defaults,
    registry: {},
    java: {},
    'spring-boot': {},
    node: {},
    go: {},
  });
  expect([settings.originOf('build.timeout'), settings.originOf('image.registry')]).toEqual(['default', undefined]);
});

test('flags come before the environment, the environment before the file, each setting by itself', async () => {
  const settings = await read(
    'image:\n  registry: from-file\n  repository: from-file\n  base: from-file:1\n',
    { SLIPWAY_IMAGE_REGISTRY: 'from-env', SLIPWAY_IMAGE_REPOSITORY: 'from-env', SLIPWAY_IMAGE_BASE: '' },
    [{ path: 'image.registry', value: 'from-flag', flag: '--registry' }],
  );
  expect(settings.values.image).toEqual({
    registry: 'from-flag',
    repository: 'from-env',
    base: 'from-file:1',
    platform: 'linux/amd64',
    pins: 'use',
  });
  expect(['registry', 'repository', 'base', 'platform'].map((key) => settings.originOf(`image.${key}`))).toEqual([
    '--registry',
    'SLIPWAY_IMAGE_REPOSITORY',
    'slipway.yml:4',
    'default',
  ]);
});

test('a variable or flag gives each type of setting as text', async () => {
  const settings = await read(
    undefined,
    {
      SLIPWAY_TRY_ENABLED: 'false',
      SLIPWAY_PORT: '8080',
      SLIPWAY_BUILD_TIMEOUT: '90',
      SLIPWAY_TRY_TIMEOUT: '2m',
      SLIPWAY_NODE_START: '["node", "--enable-source-maps", "a b.js"]',
      SLIPWAY_BUILD_MOUNTS_NPMRC: 'true',
      SLIPWAY_BUILD_MOUNTS_MAVEN_SETTINGS: 'ci/settings.xml',
      SLIPWAY_JAVA_VERSION: '21',
    },
    [
      parseSetFlag('try.environment.URL=http://x/?a=b'),
      parseSetFlag('deploy.environments.staging.stack=shop'),
      parseSetFlag('go.cgo=true'),
    ],
  );
  const { values } = settings;
  expect([values.try, values.port, values.build, values.node, values.java, values.go, values.deploy]).toEqual([
    { enabled: false, timeout: 120, environment: { URL: 'http://x/?a=b' } },
    8080,
    { timeout: 90, transfer: 'auto', mounts: { npmrc: true, 'maven-settings': 'ci/settings.xml' } },
    { start: ['node', '--enable-source-maps', 'a b.js'] },
    { version: '21' },
    { cgo: true },
    { timeout: 300, environments: { staging: { stack: 'shop' } } },
  ]);
  expect(settings.originOf('try.environment.URL')).toBe('--set');
});

test('the values cannot be changed', async () => {
  const { values } = await read(whole);
  expect(() => Object.assign(values.image, { registry: 'other' })).toThrow(TypeError);
});

test('a settings file of another name or place is read, and told without the path of this machine', async () => {
  const elsewhere = makeDirectory({ 'other.yml': 'port: 1\n' });
  const root = makeDirectory({ 'ci/slipway.yml': '\nport: 2\n', 'slipway.yml': 'port: 3\n' });
  const inside = await readSettings({ root, environment: {}, flags: [], file: 'ci/slipway.yml' });
  const outside = await readSettings({ root, environment: {}, flags: [], file: join(elsewhere, 'other.yml') });
  expect([inside.values.port, inside.originOf('port')]).toEqual([2, 'ci/slipway.yml:2']);
  expect([outside.values.port, outside.originOf('port')]).toEqual([1, 'other.yml:1']);
});

test("variables of other uses are left alone, strange ones are warned of, and not others' prefixes", async () => {
  const settings = await read(undefined, {
    SLIPWAY_REGISTRY_PASSWORD: 'p',
    SLIPWAY_VERSION: '1',
    SLIPWAY_MOONSHINE: 'x',
    OTHER: 'y',
  });
  expect(settings.warnings).toEqual(['The variable SLIPWAY_MOONSHINE is no setting of Slipway and has no effect.']);
});

test('a key in the variable for its path is a secret and no setting: neither its value nor its origin is told', async () => {
  const pem = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n';
  const settings = await read(undefined, { SLIPWAY_SIGN_KEY: pem, SLIPWAY_SIGN_PASSWORD: 'p' });
  expect([settings.values.sign, settings.originOf('sign.key'), settings.warnings]).toEqual([
    { with: 'auto' },
    undefined,
    [],
  ]);
  const named = await read(undefined, { SLIPWAY_SIGN_KEY: 'ci/key.pem' });
  expect(named.values.sign).toEqual({ with: 'auto', key: 'ci/key.pem' });
});

test('hints name the facts that a person decided, and where', async () => {
  const settings = await read('go:\n  main: ./cmd/server\n', { SLIPWAY_PORT: '80' }, [
    { path: 'health', value: '/up', flag: '--health' },
    { path: 'go.cgo', value: true, flag: '--set' },
  ]);
  expect(hintsFrom(settings)).toEqual({
    'go.main': { value: './cmd/server', origin: 'slipway.yml:2' },
    'go.cgo': { value: true, origin: '--set' },
    port: { value: '80', origin: 'SLIPWAY_PORT' },
    health: { value: '/up', origin: '--health' },
  });
  expect(hintsFrom(await read())).toEqual({});
});

test('names of the user may be words that JavaScript knows', async () => {
  const names = ['constructor', 'toString', 'hasOwnProperty'];
  const flags = names.flatMap((name) => [
    parseSetFlag(`deploy.environments.${name}.stack=shop`),
    parseSetFlag(`try.environment.${name}=x`),
  ]);
  const { values } = await read('try:\n  environment:\n    valueOf: y\n', {}, flags);
  expect(Object.entries(values.deploy.environments ?? {})).toEqual(names.map((name) => [name, { stack: 'shop' }]));
  expect(Object.entries(values.try.environment ?? {})).toEqual([['valueOf', 'y'], ...names.map((name) => [name, 'x'])]);
  expect('stack' in Object).toBe(false);
});
