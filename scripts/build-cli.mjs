/**
 * Bundle the command line to `dist/`: one small entry, and a chunk for each command's needs, loaded when it is asked for.
 * Why a bundle: docs/decisions/0002-bundled-command-line.md.
 */
import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { options, root } from './bundle.mjs';
import { formatLicenses } from './licenses.mjs';

const { metafile } = await build({
  ...options,
  entryPoints: ['src/cli/main.ts'],
  outdir: 'dist/cli',
  splitting: true,
  chunkNames: 'chunk-[hash]',
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});

const written = new Set([...Object.keys(metafile.outputs), 'dist/licenses.txt']);
for (const name of existsSync(`${root}dist`) ? readdirSync(`${root}dist`, { recursive: true, withFileTypes: true }) : []) {
  const path = `${name.parentPath.slice(root.length)}/${name.name}`;
  if (name.isFile() && !written.has(path)) rmSync(root + path);
}
chmodSync(`${root}dist/cli/main.js`, 0o755);
writeFileSync(`${root}dist/licenses.txt`, formatLicenses(root, Object.keys(metafile.inputs)));
