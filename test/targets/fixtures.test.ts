import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/failure.js';
import type { TemplateFormat } from '../../src/core/target.js';
import { templateFormats } from '../../src/targets/index.js';

interface Edit {
  readonly why: string;
  readonly service: string;
  readonly image?: string;
  /** Other values by path. */
  readonly set?: Readonly<Record<string, string>>;
  /** Name of the file, where that tells the target. */
  readonly path?: string;
  readonly failure?: string;
  readonly mentions?: string;
}

const root = new URL('../../fixtures/deployments/', import.meta.url).pathname;
const cases = readdirSync(root).sort();

function openCase(name: string) {
  const files = readdirSync(join(root, name));
  const find = (stem: string) => files.find((file) => file.startsWith(`${stem}.`) && file !== 'edit.json');
  const before = find('before') ?? '';
  const after = find('after');
  const read = (file: string) => readFileSync(join(root, name, file), 'utf8');
  const edit = JSON.parse(read('edit.json')) as Edit;
  const edits = [
    ...(edit.image === undefined ? [] : [{ path: 'image', value: edit.image }]),
    ...Object.entries(edit.set ?? {}).map(([path, value]) => ({ path, value })),
  ];
  return {
    path: edit.path ?? before,
    before: read(before),
    after: after === undefined ? undefined : read(after),
    edit,
    edits,
  };
}

function formatOf(name: string): TemplateFormat {
  const format = templateFormats.find((each) => name.startsWith(`${each.name}-`));
  if (format === undefined) throw new Error(`fixture ${name} belongs to no target`);
  return format;
}

function failureOf(action: () => unknown): Failure {
  try {
    action();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

describe('deploy template fixtures', () => {
  it('has cases for every target', () => {
    const targets = templateFormats.map((format) => cases.filter((each) => each.startsWith(`${format.name}-`)).length);
    expect(targets.every((count) => count >= 5)).toBe(true);
  });

  for (const name of cases) {
    const { path, before, after, edit, edits } = openCase(name);
    const format = formatOf(name);
    it(`${name}: ${edit.why}`, () => {
      if (edit.failure !== undefined) {
        const failure = failureOf(() => format.rewrite(path, before, edit.service, edits));
        expect([failure.code, after]).toEqual([edit.failure, undefined]);
        expect(failure.message).toContain(edit.mentions);
        expect(failure.where).toMatch(new RegExp(`^${path}`));
        return;
      }
      const { text, changes } = format.rewrite(path, before, edit.service, edits);
      expect([text, changes.length === 0]).toEqual([after, before === after]);
      expect(format.rewrite(path, after ?? '', edit.service, edits)).toEqual({ text: after, changes: [] });
    });

    it(`${name}: no other target takes the file for its own`, () => {
      const others = templateFormats.filter((each) => each !== format);
      expect(others.map((each) => each.read(path, before))).toEqual(others.map(() => undefined));
    });
  }
});
