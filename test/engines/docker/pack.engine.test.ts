import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseRepository, parseTag } from '../../../src/core/image-name.js';
import { createScratch, recordingContext, type Scratch } from './fixture.js';
import { docker } from './observe.js';

let scratch: Scratch;
/** In no registry: what is in the engine is all there is. */
const base = '127.0.0.1:5000/slipway-engine-test/of-arm:1';
const repository = parseRepository('slipway-engine-test/pack');

beforeAll(async () => {
  scratch = await createScratch();
  const config = { architecture: 'arm64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [] } };
  await writeFile(join(scratch.root, 'config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: [base], Layers: [] }];
  await writeFile(join(scratch.root, 'manifest.json'), JSON.stringify(manifest));
  const archive = execFileSync('tar', ['-C', scratch.root, '-c', 'config.json', 'manifest.json']);
  execFileSync('docker', ['load', '-q'], { input: archive, stdio: ['pipe', 'ignore', 'inherit'] });
});
afterAll(async () => {
  docker('rmi', '-f', base);
  await scratch.clean();
});

/** These images are packed of what no builder built. */
const builtIn = { name: 'none', id: '', digests: [] };

async function pack(platform: string) {
  const directory = join(scratch.root, 'packed');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'app'), 'x');
  const outputs = [{ from: 'app', to: 'app', type: 'file' }] as const;
  const image = { repository, platform, dockerfile: `FROM ${base}\nCOPY app /app\n`, labels: {} };
  const artifacts = { directory, outputs, builder: 'none', builtIn, milliseconds: 0 };
  return scratch.engine().pack({ artifacts, image, tags: [parseTag('1')] }, recordingContext().context);
}

test('a base of another platform is refused, and nothing is packed', async () => {
  await expect(pack('linux/amd64')).rejects.toMatchObject({
    code: 'build.base-image',
    message: `The image ${base} is for linux/arm64, and linux/amd64 is to be built`,
    where: base,
    remedy: expect.stringContaining('image.platform'),
  });
  expect(docker('images', '-q', `${repository}:1`)).toEqual([]);
});

test('a base of the wanted platform is taken as it is', async () => {
  const packed = await pack('linux/arm64');
  const [architecture] = docker('inspect', '--format', '{{.Architecture}}', packed.id);
  docker('rmi', '-f', `${repository}:1`);
  expect(architecture).toBe('arm64');
});
