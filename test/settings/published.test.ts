import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { renderJsonSchema } from '../../src/settings/json-schema.js';
import { placeAt, settingPaths, variableOf } from '../../src/settings/schema-paths.js';
import { defaults } from '../../src/settings/settings.js';
import { read } from './read.js';

const reference = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8');
const rows = reference.split('\n').filter((line) => line.startsWith('| `'));

describe('the JSON Schema for editors', () => {
  test('is the one that the settings give; renew it with `npx vitest run --project pure test/settings --update`', async () => {
    await expect(renderJsonSchema()).toMatchFileSnapshot('../../schema/slipway.schema.json');
  });

  test('describes every setting, and lets versions be numbers', () => {
    const schema = JSON.parse(renderJsonSchema());
    expect(schema.properties.go.properties.version).toMatchObject({
      type: ['string', 'number'],
      description: 'Version of Go.',
    });
    expect(schema.additionalProperties).toBe(false);
    const described = JSON.stringify(schema).match(/"description":/g)?.length ?? 0;
    expect(described).toBeGreaterThanOrEqual(settingPaths(true).length);
  });
});

describe('the settings reference', () => {
  test('has one row for each setting, in order, and no other', () => {
    expect(rows.map((row) => /^\| `([^`]+)`/.exec(row)?.[1])).toEqual(settingPaths(true));
  });

  test('names the variable of each setting that has one', () => {
    const paths = settingPaths();
    const named = new Map(rows.map((row) => [/^\| `([^`]+)`/.exec(row)?.[1], /`(SLIPWAY_[A-Z_]+)`/.exec(row)?.[1]]));
    expect(paths.map((path) => named.get(path))).toEqual(paths.map(variableOf));
  });

  test('shows an example that is valid', async () => {
    const example = /```yaml\n([^`]*)```/.exec(reference)?.[1];
    expect((await read(example)).originOf('deploy.environments.production.url')).toBe('slipway.yml:18');
  });

  test('tells the defaults as they are', () => {
    const told = (path: string) => rows.find((row) => row.startsWith(`| \`${path}\``))?.split(' | ')[2];
    expect({
      image: { platform: told('image.platform'), pins: told('image.pins') },
      push: { by: told('push.by'), when: told('push.when') },
      build: { timeout: told('build.timeout'), transfer: told('build.transfer') },
      try: { enabled: told('try.enabled'), timeout: told('try.timeout') },
      version: { moving: told('version.moving') },
      retention: {
        keep: told('retention.keep'),
        'keep-prereleases': told('retention.keep-prereleases'),
        'keep-days': told('retention.keep-days'),
      },
      templates: told('templates'),
      deploy: { timeout: told('deploy.timeout') },
    }).toEqual({
      image: { platform: `\`${defaults.image.platform}\``, pins: `\`${defaults.image.pins}\`` },
      push: { by: `\`${defaults.push.by}\``, when: `\`${defaults.push.when}\`` },
      build: { timeout: `\`${defaults.build.timeout / 60}m\``, transfer: `\`${defaults.build.transfer}\`` },
      try: { enabled: `\`${defaults.try.enabled}\``, timeout: `\`${defaults.try.timeout}s\`` },
      version: { moving: `\`${defaults.version.moving}\`` },
      retention: {
        keep: `\`${defaults.retention.keep}\``,
        'keep-prereleases': `\`${defaults.retention['keep-prereleases']}\``,
        'keep-days': `\`${defaults.retention['keep-days']}\``,
      },
      templates: `\`${defaults.templates}\``,
      deploy: { timeout: `\`${defaults.deploy.timeout / 60}m\`` },
    });
  });
});

test('no two settings share a variable', () => {
  const variables = settingPaths().map(variableOf);
  expect(new Set(variables).size).toBe(variables.length);
});

test('what the schema does not have has no place in it', () => {
  for (const path of ['image.registy', 'name.first', 'constructor', 'image.__proto__', 'toString']) {
    expect(placeAt(path.split('.'))).toBeUndefined();
  }
});
