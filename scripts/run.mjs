/** Run a TypeScript file of test/ or bench/: bundled by esbuild, npm packages left outside. `node scripts/run.mjs FILE [ARG…]` */
import { mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const [file, ...args] = process.argv.slice(2);
const cache = resolve('node_modules/.cache/slipway');
mkdirSync(cache, { recursive: true });
const outfile = join(cache, `${basename(file, '.ts')}-${process.pid}.mjs`);
await build({ entryPoints: [file], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external' });
process.argv = [process.argv[0], file, ...args];
try {
  await import(pathToFileURL(outfile).href);
} finally {
  const { rmSync } = await import('node:fs');
  rmSync(outfile, { force: true });
}
