import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace } from '../support/cli.js';
import {
  library,
  listening,
  makeHostile,
  namesBelow,
  outcomesOf,
  runCorpus,
  service,
  writeCorpus,
  writeFaultyCli,
} from './sample-corpus.js';

const workspace = makeWorkspace();
afterAll(() => workspace.remove());

const corpus = join(workspace.path, 'corpus');
const report = join(workspace.path, 'report.json');
const cli = join(workspace.path, 'faulty-cli.mjs');
const temporary = join(workspace.path, 'tmp');
const outside = join(workspace.path, 'outside.txt');

describe('a corpus run without an engine', () => {
  it('says of each project what came of it, and leaves the folder as it was', async () => {
    writeFaultyCli(cli);
    writeFileSync(outside, 'module read-from-outside\n');
    writeCorpus(corpus, {
      answer: service(listening),
      'as-expected': service(listening, {}, { 'expected.json': '{"kind": "node", "facts": {"port": "3000"}}' }),
      'against-expectation': service(listening, {}, { 'expected.json': '{"kind": "node", "facts": {"port": "9999"}}' }),
      'another-kind': service(listening, {}, { 'expected.json': '{"kind": "go"}' }),
      'own-expected-json': service(listening, {}, { 'expected.json': '{"snapshot": [1, 2]}' }),
      'refused-as-expected': { ...library, 'expected.json': '{"refused": "detect.unsupported"}' },
      'not-to-be-taken': service(listening, {}, { 'expected.json': '{"refused": true}' }),
      refusal: library,
      empty: {},
      'bad-settings': service(listening, {}, { 'slipway.yml': 'kimd: node\n' }),
      bug: service(listening),
      endless: service(listening),
      hostile: service(listening),
      'folder/inner': service(listening, {}, { 'expected.json': '{"kind": "node"}' }),
    });
    makeHostile(join(corpus, 'hostile'), outside);
    const before = namesBelow(corpus);

    const { code, stdout, stderr } = await runCorpus(
      [...[corpus, '--detect-only', '--jobs', '4', '--timeout', '15s', '--cli', cli, '--json', report]],
      temporary,
    ).ended;

    const outcomes = outcomesOf(report);
    expect(Object.fromEntries(Object.entries(outcomes).map(([name, [outcome]]) => [name, outcome])), stderr).toEqual({
      'against-expectation': 'wrong',
      'another-kind': 'wrong',
      answer: 'detected',
      'as-expected': 'right',
      'bad-settings': 'refused',
      bug: 'crashed',
      empty: 'refused',
      endless: 'crashed',
      'folder/inner': 'right',
      hostile: 'detected',
      'not-to-be-taken': 'wrong',
      'own-expected-json': 'detected',
      refusal: 'refused',
      'refused-as-expected': 'right',
    });
    expect(outcomes['against-expectation']).toEqual(['wrong', 'port is "3000", expected "9999"']);
    expect(outcomes.bug).toEqual(['crashed', 'a bug: slipway: This is a bug in Slipway: x is not a function']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/\n14 projects\n +3 right\n +3 detected, not proven\n/);
    expect(stdout).not.toContain('read-from-outside');
    expect(namesBelow(corpus)).toEqual(before);
    expect(readdirSync(temporary)).toEqual([]);
  }, 120_000);

  it('judges only what was asked for, and ends with 0 where nothing is wrong', async () => {
    writeCorpus(join(workspace.path, 'two'), { one: service(listening), other: library });
    const { code, stdout } = await runCorpus([join(workspace.path, 'two'), '--detect-only', '--only', 'o?e'], temporary)
      .ended;
    expect({ code, end: stdout.slice(stdout.indexOf('1 project')) }).toEqual({
      code: 0,
      end: '1 project\n    1 detected, not proven\n',
    });
  }, 60_000);

  it.each([
    ['a folder without a project', []],
    ['an option it does not know', ['--whatever']],
    ['a time that is none', ['--timeout', 'soon']],
  ])(
    'refuses %s with 2',
    async (_, args) => {
      const { code, stderr } = await runCorpus([temporary, '--detect-only', ...args], temporary).ended;
      expect(stderr).not.toBe('');
      expect(code).toBe(2);
    },
    60_000,
  );
});
