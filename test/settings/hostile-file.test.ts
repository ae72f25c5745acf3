import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/settings/read-settings.js';
import { makeWorkspace } from '../support/cli.js';

const workspace = makeWorkspace();
afterAll(() => workspace.remove());

function makeRoot(name: string): string {
  const root = join(workspace.path, name);
  mkdirSync(root);
  return root;
}

describe('a settings file that a stranger wrote', () => {
  it('is not read through a link that leads out of the project', async () => {
    const root = makeRoot('linked');
    writeFileSync(join(workspace.path, 'secret.yml'), 'password: hunter2\n');
    symlinkSync(join(workspace.path, 'secret.yml'), join(root, 'slipway.yml'));
    await expect(readSettings({ root, environment: {}, flags: [] })).rejects.toMatchObject({
      code: 'settings.unreadable',
      where: 'slipway.yml',
      message: 'The settings file is a link that leads out of the project',
    });
  });

  it('is read through a link inside of the project', async () => {
    const root = makeRoot('inside');
    writeFileSync(join(root, 'real.yml'), 'port: 8081\n');
    symlinkSync('real.yml', join(root, 'slipway.yml'));
    expect((await readSettings({ root, environment: {}, flags: [] })).values.port).toBe(8081);
  });

  it('is refused where it has more keys than the parser can compare in time', async () => {
    const root = makeRoot('large');
    writeFileSync(join(root, 'slipway.yml'), Array.from({ length: 80_000 }, (_, index) => `k${index}: 1\n`).join(''));
    await expect(readSettings({ root, environment: {}, flags: [] })).rejects.toMatchObject({
      code: 'settings.unreadable',
    });
  });
});
