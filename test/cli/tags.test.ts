import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, slipway } from '../support/cli.js';
import { commitAll, git } from '../support/fixture-project.js';

const workspace = makeWorkspace();
afterAll(workspace.remove);

/** A repository with one commit, and the tags on it. */
function makeRepository(name: string, tags: readonly string[], files: Readonly<Record<string, string>> = {}): string {
  const directory = join(workspace.path, name);
  for (const [path, text] of Object.entries({ 'a.txt': 'a', ...files })) {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  commitAll(directory, 'first');
  for (const tag of tags) git(directory, 'tag', tag);
  return directory;
}

async function tagsOf(directory: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout } = await slipway(['tags', directory, '--json', ...args], { env });
  return { code, ...JSON.parse(stdout) };
}

describe('slipway tags --json', () => {
  it('prints version, tags, labels and every rule, in a directory that is no project', async () => {
    const directory = makeRepository('release', ['v1.2.3']);
    const { code, explain, ...rest } = await tagsOf(directory);
    expect({ code, ...rest }).toEqual({
      code: 0,
      format: 1,
      version: '1.2.3',
      tags: [
        { tag: '1.2.3', moving: false, because: 'the commit has the tag v1.2.3' },
        { tag: '1.2', moving: true, because: '1.2.3 is the highest release of 1.2' },
        { tag: '1', moving: true, because: '1.2.3 is the highest release of 1' },
        { tag: 'latest', moving: true, because: '1.2.3 is the highest release of all' },
      ],
      labels: {
        'org.opencontainers.image.version': '1.2.3',
        'org.opencontainers.image.revision': git(directory, 'rev-parse', 'HEAD'),
        'org.opencontainers.image.created': '2026-01-02T03:04:05Z',
      },
    });
    expect(explain[1]).toEqual({ rule: 'release-tag', fired: true, because: 'the commit has the tag v1.2.3' });
    expect(Object.keys(explain[0])).toEqual(['rule', 'fired', 'because']);
  });

  it('gives no release in a pull request', async () => {
    const directory = makeRepository('pull-request', ['v1.2.3']);
    const sha = git(directory, 'rev-parse', 'HEAD');
    const { tags } = await tagsOf(directory, [], {
      GITHUB_ACTIONS: 'true',
      GITHUB_REF: 'refs/pull/15/merge',
      GITHUB_SHA: sha,
      GITHUB_RUN_NUMBER: '7',
    });
    expect(tags).toEqual([
      { tag: `pr-15.7.g${sha.slice(0, 7)}`, moving: false, because: 'the run is for the pull request 15' },
    ]);
  });

  it('stops where the run is for another commit, unless git alone is asked', async () => {
    const directory = makeRepository('disagreement', ['v1.2.3']);
    const env = { GITLAB_CI: 'true', CI_COMMIT_SHA: 'f'.repeat(40), CI_COMMIT_TAG: 'v1.2.3' };
    const { code, error } = await tagsOf(directory, [], env);
    expect([code, error.code]).toEqual([25, 'detect.no-history']);
    expect((await tagsOf(directory, ['--set', 'version.ci=none'], env)).version).toBe('1.2.3');
  });

  it('takes a component of a repository by its prefix, and counts what touched it', async () => {
    const directory = makeRepository('components', ['accounts/v1.2.3', 'v9.0.0'], {
      'accounts/a.txt': 'a',
      'web/a.txt': 'a',
      'libs/money/a.txt': 'a',
    });
    for (const path of ['accounts/a.txt', 'web/a.txt', 'libs/money/a.txt']) {
      writeFileSync(join(directory, path), 'changed');
      commitAll(directory, path);
    }
    const accounts = join(directory, 'accounts');
    const versions = await Promise.all([
      tagsOf(accounts, ['--tag-prefix', 'accounts/']),
      tagsOf(accounts, ['--tag-prefix', 'accounts/', '--set', 'version.paths=libs/money']),
      tagsOf(accounts, [], { SLIPWAY_VERSION_TAG_PREFIX: 'accounts/', SLIPWAY_VERSION_PATHS: 'libs/money,web' }),
    ]);
    expect(versions.map(({ version }) => version.replace(/\.g.*/, ''))).toEqual([
      '1.2.4-main.1',
      '1.2.4-main.2',
      '1.2.4-main.3',
    ]);
  });

  it('has the same answer wherever and in whatever language it runs', async () => {
    const files = { 'b.txt': 'b' };
    const [one, other] = [
      makeRepository('here', ['v1.0.0'], files),
      makeRepository('deep/er/there', ['v1.0.0'], files),
    ];
    writeFileSync(join(one, 'b.txt'), 'changed');
    writeFileSync(join(other, 'b.txt'), 'changed');
    const answers = await Promise.all([
      slipway(['tags', one, '--json']),
      slipway(['tags', other, '--json'], { env: { TZ: 'Asia/Kolkata', LC_ALL: 'C', LANG: 'tr_TR.UTF-8' } }),
    ]);
    expect(answers[1]?.stdout).toBe(answers[0]?.stdout);
  });
});

describe('slipway tags', () => {
  it('prints a tag a line, and with --explain each rule with its reason', async () => {
    const directory = makeRepository('text', ['v0.1.2']);
    const { stdout } = await slipway(['tags', directory, '--explain']);
    const lines = stdout.split('\n');
    expect(lines.slice(0, 5)).toEqual([
      '0.1.2   immutable  the commit has the tag v0.1.2',
      '0.1     moving     0.1.2 is the highest release of 0.1',
      'latest  moving     0.1.2 is the highest release of all',
      '',
      'version 0.1.2',
    ]);
    expect(lines).toContain(' no  moving-major    a tag 0 would promise that 0.1 and 0.2 fit together');
  });

  it('takes the version from a file, and names the schemes where there is none such', async () => {
    const directory = makeRepository('file', [], { 'package.json': '{"name":"x","version":"3.1.0"}' });
    const { stdout } = await slipway(['tags', directory, '--set', 'version.scheme=file']);
    expect(stdout).toMatch(
      /^3\.1\.0-main\.1\.g[0-9a-f]{7} {2}immutable {2}no release tag is reachable: 1 commit since the first; package\.json:1 says 3\.1\.0\n/,
    );
    const { code, stderr } = await slipway(['tags', directory, '--set', 'version.scheme=files']);
    expect([code, stderr.includes('semver, calver, file, template, commit, timestamp, build-number')]).toEqual([
      10,
      true,
    ]);
  });

  it.each(['{base}-{brunch}.{commit}', '{base}-{branch}', '-{commit}', 'a b {commit}', 'latest', '{commit', ''])(
    'refuses the template %j when the settings are read',
    async (template) => {
      const directory = makeRepository('template', []);
      writeFileSync(join(directory, 'slipway.yml'), `version:\n  template: ${JSON.stringify(template)}\n`);
      const { code, stderr } = await slipway(['tags', directory]);
      expect([code, stderr.includes('slipway.yml:2')]).toEqual([10, true]);
    },
  );

  it('refuses a template beside another scheme', async () => {
    const directory = makeRepository('both', []);
    const { code } = await slipway([
      'tags',
      directory,
      '--set',
      'version.scheme=commit',
      '--set',
      'version.template={commit}',
    ]);
    expect(code).toBe(10);
  });
});

describe('a shallow clone', () => {
  it('is refused with the remedy of its CI, and understood with --deepen', async () => {
    const origin = makeRepository('origin', ['v1.0.0']);
    writeFileSync(join(origin, 'a.txt'), 'changed');
    commitAll(origin, 'second');
    const clone = join(workspace.path, 'shallow');
    git(workspace.path, 'clone', '--quiet', '--depth', '1', `file://${origin}`, clone);
    const { code, error } = await tagsOf(clone, [], { GITHUB_ACTIONS: 'true', GITHUB_REF: 'refs/heads/main' });
    expect([code, error.remedy.includes('fetch-depth: 0')]).toEqual([25, true]);
    expect((await tagsOf(clone, ['--deepen'])).version).toMatch(/^1\.0\.1-main\.1\.g/);
    expect((await tagsOf(clone)).version).toMatch(/^1\.0\.1-main\.1\.g/);
  });
});
