import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** `deploy-once.ts` as a program of plain JavaScript, made before a file's tests and removed after them. Returns its path. */
export function deployProgram(): string {
  const program = join(root, 'node_modules', '.cache', `deploy-once-${process.pid}-${process.hrtime.bigint()}.mjs`);
  beforeAll(async () => {
    await build({
      entryPoints: [fileURLToPath(new URL('deploy-once.ts', import.meta.url))],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
    });
  });
  afterAll(() => rmSync(program, { force: true }));
  return program;
}
