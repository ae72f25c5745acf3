import { describe, expect, test } from 'vitest';
import { parseSetFlag, readSettings } from '../../src/settings/read-settings.js';
import { makeDirectory } from '../io/repository.js';
import { read } from './read.js';

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
      'platform: x\n',
      "There is no setting 'platform'",
      'slipway.yml:1',
      "Did you mean 'image.platform'?",
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
      'It must be a section with keys of registry, repository, also-push, platform, base, pins.',
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
    ['templates', '../../a/../b'],
    ['templates', 'C:\\templates'],
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
