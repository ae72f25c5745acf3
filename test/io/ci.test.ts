import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCiFacts } from '../../src/io/ci.js';
import { makeDirectory, writeFiles } from './repository.js';

/**
 * The environments of runs, written down from each CI's own reference. A value that begins with `@` is the path of one of
 * the files; a file's text may name another one in the same way.
 */
interface Recording {
  readonly service: string;
  readonly runs: readonly {
    readonly run: string;
    readonly environment: Readonly<Record<string, string>>;
    readonly files?: Readonly<Record<string, unknown>>;
    readonly expected: object;
  }[];
}

const directory = new URL('ci-environments/', import.meta.url);
const recordings = readdirSync(directory).map(
  (name): Recording => JSON.parse(readFileSync(new URL(name, directory), 'utf8')),
);

describe.each(recordings)('$service', ({ runs }) => {
  test.each(runs)('$run', ({ environment, files = {}, expected }) => {
    const place = makeDirectory();
    const placed = (text: string): string => text.replaceAll(/@(?=[a-z.]+\.(?:json|properties))/g, `${place}/`);
    const texts = Object.entries(files).map(([name, content]) => [
      name,
      typeof content === 'string' ? placed(content) : JSON.stringify(content),
    ]);
    writeFiles(place, Object.fromEntries(texts));
    const variables = Object.entries(environment).map(([name, value]) => [name, placed(value)]);
    expect(readCiFacts(Object.fromEntries(variables))).toEqual(expected);
  });
});

test('every CI that is read has its runs for branches, tags and pull requests', () => {
  const services = recordings.filter(({ service }) => service !== 'none');
  const kinds = services.map(({ service, runs }) => [
    service,
    ...['branch', 'tag', 'pullRequest'].filter((fact) => runs.some(({ expected }) => fact in expected)),
  ]);
  expect(kinds).toEqual(
    ['azure', 'bitbucket', 'circleci', 'drone', 'github', 'gitlab', 'jenkins', 'teamcity', 'woodpecker'].map((name) => [
      name,
      'branch',
      'tag',
      'pullRequest',
    ]),
  );
});

test('a pull_request_target run whose event cannot be read is no run of the base branch', () => {
  const place = makeDirectory({ 'broken.json': '{', 'other.json': '{"number":"15"}' });
  for (const name of ['broken.json', 'other.json', 'missing.json']) {
    const environment = {
      GITHUB_ACTIONS: 'true',
      GITHUB_REF: 'refs/heads/master',
      GITHUB_HEAD_REF: 'feature',
      GITHUB_EVENT_NAME: 'pull_request_target',
      GITHUB_EVENT_PATH: join(place, name),
    };
    expect(() => readCiFacts(environment)).toThrow(/its event file does not tell which/);
  }
});
