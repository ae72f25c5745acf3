/**
 * Bundle the command line to `dist/`: one small entry, and a chunk for each command's needs, loaded when it is asked for.
 * Why a bundle: docs/decisions/0002-bundled-command-line.md.
 */
import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { formatLicenses } from './licenses.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts'],
  outdir: 'dist/cli',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // jsonc-parser's `main` loads its parts through a `require` that a bundler does not see; its `module` has imports.
  mainFields: ['module', 'main'],
  chunkNames: 'chunk-[hash]',
  legalComments: 'none',
  charset: 'utf8',
  metafile: true,
  // dockerode and what it brings (gRPC, ssh2) are loaded from node_modules, and only by what talks to an engine.
  external: ['dockerode'],
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});

const written = new Set(Object.keys(metafile.outputs));
for (const name of existsSync(`${root}dist`) ? readdirSync(`${root}dist`) : []) {
  if (name !== 'cli') rmSync(`${root}dist/${name}`, { recursive: true });
}
for (const name of readdirSync(`${root}dist/cli`)) {
  if (!written.has(`dist/cli/${name}`)) rmSync(`${root}dist/cli/${name}`, { recursive: true });
}
chmodSync(`${root}dist/cli/main.js`, 0o755);
writeFileSync(`${root}dist/licenses.txt`, formatLicenses(root, Object.keys(metafile.inputs)));
