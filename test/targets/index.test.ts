import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadOrchestrator, templateFormats } from '../../src/targets/index.js';

const options = { connectDocker: () => Promise.reject(new Error('asked')), environment: {} };

describe('the list of targets', () => {
  it('has one format and one orchestrator of the same name for every folder', async () => {
    const folders = readdirSync(new URL('../../src/targets/', import.meta.url), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
    const orchestrators = await Promise.all(templateFormats.map((format) => loadOrchestrator(format.name, options)));
    expect(templateFormats.map((format) => format.name).sort()).toEqual(folders);
    expect(orchestrators.map((each) => each.name)).toEqual(templateFormats.map((format) => format.name));
  });

  it('names the targets there are when another is asked for', async () => {
    await expect(loadOrchestrator('nomad', options)).rejects.toMatchObject({
      code: 'settings.invalid',
      candidates: ['swarm', 'marathon', 'kubernetes', 'haproxy', 'kustomize', 'helm'],
    });
  });
});
