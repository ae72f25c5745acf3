import { execFile } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentProgress } from '../../src/core/progress.js';
import type { DeploymentFacts } from '../../src/core/template-store.js';
import { openJournal } from '../../src/io/deploy-journal.js';
import { openTemplateStore } from '../../src/io/deploy-repository.js';
import { makeDirectory } from './repository.js';

function facts(version: string, more: Partial<DeploymentFacts> = {}): DeploymentFacts {
  return { environment: 'production', service: '/shop/web', version, image: `web:${version}`, ...more };
}

/** Every file of a journal, by its path below it. */
function filesOf(directory: string): readonly string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => statSync(join(directory, name)).isFile()).sort();
}

describe('the journal of deployments in a project', () => {
  it('makes history, notes and the texts of earlier deployments work on this machine', async () => {
    const root = makeDirectory({ 'web.yml': 'web:1.0.0\n' });
    const stateDirectory = makeDirectory();
    const open = (projectRoot = root) =>
      openTemplateStore(
        { in: 'project' },
        { projectRoot, workDirectory: projectRoot, stateDirectory, progress: silentProgress },
      );
    const deploy = async (version: string, more: Partial<DeploymentFacts> = {}) =>
      (await open()).apply(
        {
          path: 'web.yml',
          rewrite: (text) => text.replace(/web:\S+/, `web:${version}`),
          currentImage: (text) => text.trim(),
          expectedImage: readFileSync(join(root, 'web.yml'), 'utf8').trim(),
          deployment: facts(version, more),
        },
        silentProgress,
      );
    const first = await deploy('1.1.0', { revision: 'a'.repeat(40), run: '7' });
    const second = await deploy('1.2.0');
    const store = await open();
    await store.note(first.record ?? '', { outcome: 'stuck', evidence: 'x' });
    await store.note(first.record ?? '', { outcome: 'succeeded', evidence: 'ran' });
    await store.note('0'.repeat(40), { outcome: 'stuck', evidence: 'nobody’s' });
    const records = await store.history({ environment: 'production', service: '/shop/web', limit: 9 });
    expect(records.map(({ commit, version, outcome }) => [commit, version, outcome])).toEqual([
      [second.record, '1.2.0', undefined],
      [first.record, '1.1.0', 'succeeded'],
    ]);
    expect(records[1]).toEqual({
      commit: first.record,
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      author: expect.any(String),
      environment: 'production',
      service: '/shop/web',
      template: 'web.yml',
      version: '1.1.0',
      image: 'web:1.1.0',
      revision: 'a'.repeat(40),
      run: '7',
      pinned: false,
      outcome: 'succeeded',
      evidence: 'ran',
    });
    expect(await store.history({ environment: 'production', limit: 1 })).toEqual([records[0]]);
    expect(await store.history({ environment: 'staging', limit: 9 })).toEqual([]);
    expect(await store.readAt(first.record ?? '', 'web.yml')).toBe('web:1.1.0\n');
    expect(await store.readAt(first.record ?? '', 'other.yml')).toBe(undefined);
    expect(await (await open(makeDirectory())).history({ environment: 'production', limit: 9 })).toEqual([]);
  });

  it('loses nothing of twenty processes that write at once', { timeout: 60_000 }, async () => {
    const directory = makeDirectory();
    const journal = openJournal(directory, 'me');
    await Promise.all(Array.from({ length: 200 }, (_, index) => journal.add(facts(`1.0.${index}`), 'web.yml', 'x')));
    const file = join(directory, filesOf(directory).find((name) => name.endsWith('.jsonl')) ?? '');
    const line = readFileSync(file, 'utf8').trim().split('\n')[0] ?? '';
    const append = `require('fs').appendFileSync(process.argv[1], '\\n' + process.argv[2] + '\\n')`;
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const other = line.replace(/"id":"[0-9a-f]+"/, `"id":"${String(index).padStart(40, '0')}"`);
        return new Promise((resolve) => execFile(process.execPath, ['-e', append, file, other], resolve));
      }),
    );
    expect((await journal.history({ environment: 'production', limit: 999 })).length).toBe(220);
  });

  it('reads on past a line that a killed process cut short, and past one that is none of its own', async () => {
    const directory = makeDirectory();
    const journal = openJournal(directory, 'me');
    await journal.add(facts('1.0.0'), 'web.yml', 'x');
    const file = join(directory, filesOf(directory).find((name) => name.endsWith('.jsonl')) ?? '');
    const whole = readFileSync(file, 'utf8');
    appendFileSync(file, `${whole.slice(0, whole.length / 2)}`);
    await journal.add(facts('1.1.0'), 'web.yml', 'x');
    appendFileSync(file, '\n{"id":"x"}\n[]\nnull\n');
    const versions = (await journal.history({ environment: 'production', limit: 9 })).map((record) => record.version);
    expect(versions).toEqual(['1.1.0', '1.0.0']);
  });

  it('keeps no more than a few files and the newest texts, and the newest records', async () => {
    const directory = makeDirectory();
    const journal = openJournal(directory, 'me');
    await journal.add(facts('0'), 'web.yml', 'x');
    const file = join(directory, filesOf(directory).find((name) => name.endsWith('.jsonl')) ?? '');
    for (let round = 1; round <= 6; round++) {
      writeFileSync(file, `${readFileSync(file, 'utf8')}${'\n'.repeat(600_000)}`);
      await journal.add(facts(String(round)), 'web.yml', `text ${round}`);
    }
    const versions = (await journal.history({ environment: 'production', limit: 9 })).map((record) => record.version);
    expect(versions).toEqual(['6', '5', '4', '3']);
    expect(filesOf(directory).filter((name) => name.endsWith('.jsonl')).length).toBe(4);
  });
});
