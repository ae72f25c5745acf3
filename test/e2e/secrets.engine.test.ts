import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, slipway } from '../support/cli.js';
import { docker } from '../support/docker.js';
import { leftBehind, nothing } from '../support/left-behind.js';
import { makeTinyProject, writeFiles } from '../support/tiny-project.js';

const workspace = makeWorkspace();
const state = join(workspace.path, 'state');
const home = join(workspace.path, 'home');
const env = { SLIPWAY_STATE_DIRECTORY: state, HOME: home };
const secrets = {
  npm: 'npm-token-5f1c0a77',
  maven: 'maven-pass-9b2e4d11',
  netrc: 'netrc-pass-c3a8f020',
  gradle: 'gradle-pass-77aa01ee',
};
const project = makeTinyProject(join(workspace.path, 'tiny'), {
  'slipway.yml': 'build: { mounts: { npmrc: true, netrc: true } }\n',
  'build.sh': `for file in .npmrc .m2/settings.xml .netrc .gradle/gradle.properties; do
  echo "== $file"; cat "$HOME/$file"
done
env; ls -l /slipway/secrets
touch /slipway/secrets/mine 2>/dev/null && echo writable
[ ! -e fail ] || { cat "$HOME/.npmrc"; exit 9; }
`,
});

writeFiles(home, {
  '.npmrc': `//registry.example.com/:_authToken=${secrets.npm}\n`,
  '.m2/settings.xml': `<settings><servers><server><id>a</id><username>u</username><password>${secrets.maven}</password></server></servers></settings>\n`,
  '.netrc': `machine git.example.com login u password ${secrets.netrc}\n`,
  '.gradle/gradle.properties': `repositoryPassword=${secrets.gradle}\n`,
});

afterAll(() => workspace.remove());

/** The plan's text, and its file with client settings of every kind. */
async function plan(): Promise<{ readonly text: string; readonly file: string }> {
  const file = join(workspace.path, 'plan.json');
  expect(await slipway(['preview', project, '--no-try', '--out', file], { env })).toMatchObject({ code: 0 });
  const text = readFileSync(file, 'utf8');
  const value = JSON.parse(text);
  value.builder.mounts = ['npmrc', 'maven-settings', 'netrc', 'gradle-properties'].map((name) => ({ name }));
  writeFileSync(file, JSON.stringify(value));
  return { text, file };
}

function secretsIn(text: string): readonly string[] {
  return Object.values(secrets).filter((secret) => text.includes(secret));
}

describe('client settings that a build may read', () => {
  it.each(['mount', 'stream'])(
    'reach the builder alone: no plan, log, layer or history has them (%s)',
    async (transfer) => {
      const { text, file } = await plan();
      expect(secretsIn(text)).toEqual([]);
      expect(text).not.toContain(home);
      writeFileSync(file, readFileSync(file, 'utf8').replace('"transfer":"auto"', `"transfer":"${transfer}"`));
      const imageFile = join(workspace.path, 'image.json');
      const built = await slipway(['build', project, '--plan', file, '--out', imageFile], { env });
      expect(built).toMatchObject({ code: 0 });
      for (const shown of ['_authToken=***', '<password>***</password>', 'login u password ***', 'Password=***']) {
        expect(built.stderr).toContain(shown);
      }
      expect(built.stderr).not.toContain('writable');
      expect(secretsIn(built.stderr + built.stdout + readFileSync(imageFile, 'utf8'))).toEqual([]);
      const { id } = JSON.parse(readFileSync(imageFile, 'utf8'));
      expect(secretsIn(docker('history', '--no-trunc', id) + docker('image', 'inspect', id))).toEqual([]);
      const patterns = Object.values(secrets).flatMap((secret) => ['-e', secret]);
      const search = spawnSync('sh', ['-c', 'docker save "$0" | grep -aF "$@"', id, ...patterns], { encoding: 'utf8' });
      expect({ status: search.status, stdout: search.stdout }).toEqual({ status: 1, stdout: '' });
      expect(leftBehind(state)).toEqual(nothing);
    },
  );

  it('are masked in the last lines of a build that fails, for people and for programs', async () => {
    writeFiles(project, { fail: '' });
    const { file } = await plan();
    const failed = await slipway(['build', project, '--plan', file, '--json'], { env });
    expect(failed.code).toBe(31);
    expect(JSON.parse(failed.stdout).error.lastLines.join('\n')).toContain('***');
    expect(secretsIn(failed.stdout + failed.stderr)).toEqual([]);
  });
});
