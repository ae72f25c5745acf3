import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeWorkspace, slipway } from '../support/cli.js';
import { makeTinyProject } from '../support/tiny-project.js';

const workspace = makeWorkspace();
const project = makeTinyProject(join(workspace.path, 'tiny'));
afterAll(() => workspace.remove());

it('the plan names the image in every registry, under the last part of its name', async () => {
  const args = [
    'ship',
    project,
    '--registry',
    'r.example.com/team',
    '--also-push',
    'm.example.org/x',
    '--also-push',
    'localhost:5000',
  ];
  const planned = await slipway([...args, '--dry-run', '--json']);
  expect(JSON.parse(planned.stdout).image).toMatchObject({
    repository: 'r.example.com/team/tiny',
    also: ['m.example.org/x/tiny', 'localhost:5000/tiny'],
  });
  expect((await slipway([...args, '--dry-run'])).stdout).toContain('also pushed to m.example.org/x/tiny');
});

it('one place twice is refused, and so is what is no registry', async () => {
  const twice = await slipway([
    'ship',
    project,
    '--registry',
    'r.example.com/team',
    '--also-push',
    'r.example.com/team',
    '--dry-run',
    '--json',
  ]);
  expect([twice.code, JSON.parse(twice.stdout).error.where]).toEqual([10, 'image.also-push']);
  const address = await slipway([
    'push',
    project,
    '--registry',
    'r.example.com',
    '--also-push',
    'https://m.example.org',
    '--json',
  ]);
  expect([address.code, JSON.parse(address.stdout).error.where]).toEqual([10, '--also-push']);
});
