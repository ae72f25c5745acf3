import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { removeImages } from '../dockerfile/container.js';
import { makeWorkspace, slipway } from '../support/cli.js';
import { docker } from '../support/docker.js';
import { makeTinyProject } from '../support/tiny-project.js';

const workspace = makeWorkspace();
const mark = `slipway-test-pin-${process.pid}`;
const base = `127.0.0.1:5000/${mark}/node:22-slim`;
const images = [base];
afterAll(() => {
  removeImages(images);
  workspace.remove();
});

it('a pinned image is pulled by the digest that its registry gave, and the label names it', async () => {
  docker('tag', 'node:22-slim', base);
  const [digest] = /sha256:[0-9a-f]{64}/.exec(docker('push', base)) ?? expect.fail();
  const project = makeTinyProject(join(workspace.path, 'tiny'), {
    'slipway.yml': `image: { base: "${base}", repository: ${mark}/tiny }\nbuild: { image: "${base}" }\n`,
  });
  expect(await slipway(['pin', project])).toMatchObject({ code: 0, stdout: expect.stringContaining(digest) });
  expect(JSON.parse(readFileSync(join(project, '.slipway/pins.json'), 'utf8')).images).toEqual({ [base]: digest });
  docker('rmi', base);
  const built = await slipway(['build', project, '--json']);
  images.push(`${base}@${digest}`);
  expect({ code: built.code, stderr: built.code === 0 ? '' : built.stderr }).toEqual({ code: 0, stderr: '' });
  const { id } = JSON.parse(built.stdout);
  images.push(id);
  const labels = JSON.parse(docker('image', 'inspect', '--format', '{{json .Config.Labels}}', id));
  expect(labels).toMatchObject({
    'org.opencontainers.image.base.name': base,
    'org.opencontainers.image.base.digest': digest,
  });
});
