import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hintsFrom } from '../../src/settings/hints.js';
import { parseSetFlag, readSettings } from '../../src/settings/read-settings.js';
import { defaults, type Settings } from '../../src/settings/settings.js';
import type { FlagSetting } from '../../src/settings/settings-text.js';
import { makeDirectory } from '../io/repository.js';

type Environment = Readonly<Record<string, string>>;

function read(yaml?: string, environment: Environment = {}, flags: readonly FlagSetting[] = []): Promise<Settings> {
  const root = makeDirectory(yaml === undefined ? {} : { 'slipway.yml': yaml });
  return readSettings({ root, environment, flags });
}

const whole = `# the settings of a service
name: accounts
kind: go
image:
  registry: registry.example.com/team
  repository: registry.example.com/team/accounts
  platform: linux/arm64
  base: debian:12-slim
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
node: { version: 22, package-manager: pnpm, start: node dist/server.js, build: compile }
go: { version: 1.20, main: ./cmd/server, cgo: true }
version: { tag-prefix: accounts/ }
templates: ci/templates
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
    },
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
    node: { version: '22', 'package-manager': 'pnpm', start: ['node', 'dist/server.js'], build: 'compile' },
    go: { version: '1.20', main: './cmd/server', cgo: true },
    version: { 'tag-prefix': 'accounts/' },
    templates: 'ci/templates',
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
  ).toEqual(['slipway.yml:2', 'slipway.yml:5', 'slipway.yml:21', 'slipway.yml:25', 'slipway.yml:42']);
});

test.each([
  ['nothing', undefined],
  ['an empty file', ''],
  ['comments alone', '# image:\n#   registry: x\n'],
  ['a null document', '---\n...\n'],
  ['an empty section', 'image:\nbuild: {}\n'],
])('%s leaves the defaults, and says so', async (_name, yaml) => {
  const settings = await read(yaml);
  expect(settings.values).toEqual({ ...defaults, java: {}, node: {}, go: {}, version: {} });
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

describe('refused', () => {
  test.each([
    ['a mistyped key', 'nmae: x\n', "There is no setting 'nmae'", 'slipway.yml:1', "Did you mean 'name'?"],
    [
      'a key like no other',
      'quux: 1\nport: 2\n',
      "There is no setting 'quux'",
      'slipway.yml:1',
      'Remove it, or use one of the settings there are.',
    ],
    [
      'a mistyped inner key',
      'image:\n\n  registy: x\n',
      "There is no setting 'image.registy'",
      'slipway.yml:3',
      "Did you mean 'image.registry'?",
    ],
    [
      'a key of another section',
      'registry: x\n',
      "There is no setting 'registry'",
      'slipway.yml:1',
      "Did you mean 'image.registry'?",
    ],
    [
      'a camel-cased key',
      'java: {buildTool: maven}\n',
      "There is no setting 'java.buildTool'",
      'slipway.yml:1',
      "Did you mean 'java.build-tool'?",
    ],
    [
      'a mistyped key of an environment',
      'deploy:\n  environments:\n    dev:\n      servce: x\n',
      "There is no setting 'deploy.environments.dev.servce'",
      'slipway.yml:4',
      "Did you mean 'deploy.environments.dev.service'?",
    ],
  ])('%s, with the line and the near one', async (_name, yaml, message, where, remedy) => {
    await expect(read(yaml)).rejects.toMatchObject({ code: 'settings.unknown-key', message, where, remedy });
  });

  test.each([
    [
      'a wrong choice',
      'build:\n  transfer: ftp\n',
      '\'build.transfer\' must not be "ftp"',
      'slipway.yml:2',
      'It must be one of auto, mount, stream.',
    ],
    [
      'a word for a flag',
      'try:\n  enabled: no\n',
      '\'try.enabled\' must not be "no"',
      'slipway.yml:2',
      'It must be true or false.',
    ],
    [
      'a section that is a text',
      'image: x\n',
      '\'image\' must not be "x"',
      'slipway.yml:1',
      'It must be a section with keys of registry, repository, platform, base.',
    ],
    [
      'a word in a command that is no text',
      'node:\n  start: [node, 5]\n',
      '\'node.start\' must not be ["node",5]',
      'slipway.yml:2',
      "It must be a list such as ['node', 'dist/server.js'], or words without quotes or shell signs.",
    ],
    [
      'a setting inside a setting',
      'name:\n  first: x\n',
      '\'name\' must not be {"first":"x"}',
      'slipway.yml:1',
      'It must be a name of a–z and 0–9, with . _ - between them, of at most 63 characters.',
    ],
    [
      'a bad environment variable name',
      'try:\n  environment:\n    A B: x\n',
      '\'try.environment\' must not have the name "A B"',
      'slipway.yml:3',
      'A name has letters, digits, _ and, where it is an environment, -.',
    ],
  ])('%s, with what it must be', async (_name, yaml, message, where, remedy) => {
    await expect(read(yaml)).rejects.toMatchObject({ code: 'settings.invalid', message, where, remedy });
  });

  test.each([
    ['name', 'Big'],
    ['name', 'a b'],
    ['name', '"x\\ny"'],
    ['name', 'a'.repeat(64)],
    ['kind', '../go'],
    ['port', '0'],
    ['port', '65536'],
    ['port', '1.5'],
    ['port', 'http'],
    ['health', 'health'],
    ['health', '"/a b"'],
    ['templates', '../up'],
    ['templates', '/etc'],
    ['templates', 'a/../../b'],
    ['templates', '~/t'],
    ['build.timeout', '0'],
    ['build.timeout', '20 minutes'],
    ['build.timeout', '-5'],
    ['build.timeout', '1.5h'],
    ['build.dockerfile', '-f'],
    ['build.image', 'Not An Image'],
    ['image.base', '"a:b:c"'],
    ['image.registry', 'https://r.example.com'],
    ['image.platform', 'amd64'],
    ['java.version', '1.8'],
    ['java.version', 'true'],
    ['node.version', '22.1'],
    ['go.version', '1'],
    ['node.start', 'node server.js && rm -rf x'],
    ['node.start', 'sh -c "node x"'],
    ['node.start', '[]'],
    ['node.start', '$(x)'],
    ['go.main', '../other'],
    ['deploy.branch', '--upload-pack=x'],
    ['deploy.repository', '-oProxyCommand=x'],
    ['node.build', '"a b"'],
    ['version.tag-prefix', '"a b"'],
    ['deploy.environment', '../x'],
  ])('%s: %s', async (path, value) => {
    const [section, key] = path.split('.');
    const yaml = key === undefined ? `${section}: ${value}\n` : `${section}:\n  ${key}: ${value}\n`;
    await expect(read(yaml)).rejects.toMatchObject({ code: 'settings.invalid' });
  });

  test.each([
    ['https://user:s3cret@git.example.com/x.git'],
    ['https://s3cret@git.example.com/x.git'],
    ['ssh://git:s3cret@git.example.com/x.git'],
  ])('%s, without showing the secret', async (url) => {
    const failure = await read(`deploy:\n  repository: ${url}\n`).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'settings.invalid', where: 'slipway.yml:2' });
    expect(JSON.stringify(failure) + String(failure)).not.toContain('s3cret');
  });

  test.each([
    ['broken YAML', 'image:\n  registry: "x\n', 'slipway.yml:3'],
    ['a key twice', 'port: 1\nport: 2\n', 'slipway.yml:2'],
    ['a tab', 'image:\n\tregistry: x\n', 'slipway.yml:2'],
    ['two documents', 'port: 1\n---\nport: 2\n', 'slipway.yml:2'],
    ['a list', '- a\n', 'slipway.yml'],
    ['a text', 'hello\n', 'slipway.yml'],
    ['an alias', 'image: &a {registry: x}\nbuild: *a\n', 'slipway.yml:2'],
    ['a tag', 'name: !!binary aGk=\n', 'slipway.yml:1'],
    ['a key that is a list', '? [a]\n: b\n', 'slipway.yml:1'],
    ['a prototype', 'image:\n  __proto__: {registry: x}\n', 'slipway.yml:2'],
  ])('%s, with its line', async (_name, yaml, where) => {
    await expect(read(yaml)).rejects.toMatchObject({ code: 'settings.invalid', where });
  });

  test('a variable and a flag with a wrong value, by their names', async () => {
    await expect(read(undefined, { SLIPWAY_PORT: 'x' })).rejects.toMatchObject({
      code: 'settings.invalid',
      where: 'SLIPWAY_PORT',
    });
    const flags = [{ path: 'port', value: '99999', flag: '--port' }];
    await expect(read(undefined, {}, flags)).rejects.toMatchObject({ code: 'settings.invalid', where: '--port' });
  });

  test('a variable and a flag that are nearly a setting', async () => {
    await expect(read(undefined, { SLIPWAY_IMAGE_REGISTY: 'x' })).rejects.toMatchObject({
      code: 'settings.unknown-key',
      where: 'SLIPWAY_IMAGE_REGISTY',
      remedy: 'Did you mean SLIPWAY_IMAGE_REGISTRY?',
    });
    for (const path of [
      'image.registy',
      'image',
      '',
      '__proto__.x',
      'try.environment.__proto__',
      'image.registry.x',
      'constructor',
    ]) {
      await expect(read(undefined, {}, [{ path, value: 'x', flag: '--set' }])).rejects.toMatchObject({
        code: 'settings.unknown-key',
        where: '--set',
      });
    }
  });

  test('--set without a value or a name', () => {
    for (const text of ['port', '=1', ''])
      expect(() => parseSetFlag(text)).toThrow('--set takes a setting and its value');
  });

  test('a file that is not there, is a directory, is huge, or is not UTF-8', async () => {
    const root = makeDirectory({
      'dir/x': '',
      'huge.yml': '#'.repeat(1_000_001),
      'latin.yml': Buffer.from('name: \xe9\n', 'latin1'),
    });
    for (const file of ['none.yml', 'dir', 'huge.yml', 'latin.yml']) {
      await expect(readSettings({ root, environment: {}, flags: [], file })).rejects.toMatchObject({
        code: 'settings.unreadable',
      });
    }
  });

  test('two settings files', async () => {
    const root = makeDirectory({ 'slipway.yml': '', 'slipway.yaml': '' });
    await expect(readSettings({ root, environment: {}, flags: [] })).rejects.toMatchObject({
      code: 'settings.invalid',
      candidates: ['slipway.yml', 'slipway.yaml'],
    });
  });
});
