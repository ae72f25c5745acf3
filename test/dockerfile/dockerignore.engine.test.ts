import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import dockerignore from '@balena/dockerignore';
import { afterAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/projects/index.js';
import { makeWorkspace } from '../support/cli.js';
import { docker } from '../support/docker.js';
import { readFixtures } from '../support/fixtures.js';
import { renderFixture } from '../support/rendered.js';
import { removeContainers, removeImages } from './container.js';

/** What Docker itself leaves out of a context by the .dockerignore of each kind; our tests' own matcher must say the same. */
const workspace = makeWorkspace();
const mark = `slipway-test-ignore-${process.pid}`;
const images: string[] = [];
const containers: string[] = [];
afterAll(() => {
  removeContainers(containers);
  removeImages(images);
  workspace.remove();
});

/** Sources, secrets, leavings and names that a pattern could take for them, at the root and below. */
const places = ['', 'sub/', 'sub/deep/'];
const names = (
  '.env .env.local .env.example .npmrc .netrc id_rsa id_ed25519.pub server.key server.pem .DS_Store Dockerfile ' +
  'Dockerfile.dev Dockerfiles .dockerignore compose.yml compose.prod.yaml docker-compose.yml composer.json slipway.yml go.mod ' +
  'main.go main.test coverage.out package.json app.js monkey.keys .git/HEAD .gitignore .github/x.yml .idea/x .vscode/x ' +
  '.slipway/pins.json .slipway/app node_modules/a/i.js target/app.jar target/classes/A.class build/libs/app.jar ' +
  'dist/server.js dist/app.test .gradle/x .mvn/wrapper/x out/a bin/server coverage/a .next/cache/a .turbo/a'
).split(' ');
const files = places.flatMap((place) => names.map((name) => place + name));

async function ignoreFiles() {
  const rendered = await Promise.all(
    readFixtures()
      .filter(({ refusal }) => !refusal)
      .map(renderFixture),
  );
  return new Map(rendered.map(({ recipe, dockerignore: text }) => [text, recipe.template]));
}

/** The paths that `COPY .` brings, by the classic builder of the plain command line. */
function arrived(directory: string, image: string): readonly string[] {
  images.push(image);
  docker('build', '--quiet', '--tag', image, directory);
  const id = docker('create', image, '/none');
  containers.push(id);
  const list = spawnSync('sh', ['-c', `docker export ${id} | tar --list`], { encoding: 'utf8', maxBuffer: 1e8 });
  const copied = list.stdout.split('\n').filter((path) => path.startsWith('x/') && !path.endsWith('/'));
  return copied.map((path) => path.slice(2)).toSorted();
}

describe("Docker's own matching", () => {
  it('leaves out of the context what our matcher says, for every kind of .dockerignore', async () => {
    const texts = await ignoreFiles();
    expect(new Set(texts.values()).size).toBeGreaterThanOrEqual(kinds.length);
    for (const [index, [text, kind]] of [...texts].entries()) {
      const directory = join(workspace.path, `context-${index}`);
      for (const file of files) {
        mkdirSync(dirname(join(directory, file)), { recursive: true });
        writeFileSync(join(directory, file), file);
      }
      writeFileSync(join(directory, '.dockerignore'), text);
      writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch\nCOPY . /x\n');
      const expected = files.filter(dockerignore.default().add(text).createFilter());
      expect({ kind, files: arrived(directory, `${mark}:${index}`) }).toEqual({ kind, files: expected.toSorted() });
      expect(expected.filter((file) => /(^|\/)(\.env|id_rsa|server\.key|\.netrc)$|^\.git\//.test(file))).toEqual([]);
    }
  });
});
