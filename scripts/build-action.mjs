/**
 * Bundle the GitHub Action: `action/index.mjs` and `action/licenses.txt`, committed, since a runner installs nothing.
 * `--check` writes nothing and fails when the committed files are not what the sources give.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { formatLicenses } from './licenses.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { outputFiles, metafile } = await build({
  // Names in the bundle are relative to this: the bytes are the same wherever the repository is checked out.
  absWorkingDir: root,
  entryPoints: ['src/action/main.ts'],
  outfile: 'action/index.mjs',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // jsonc-parser's `main` loads its parts through a `require` that a bundler does not see; its `module` has imports.
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  charset: 'utf8',
  metafile: true,
  // ssh2 tries both in a `try` and goes on without.
  external: ['cpu-features', '*.node'],
  banner: {
    js: [
      '// Generated from src/ by `npm run build:action`. Do not edit. Licences of what is in it: licenses.txt.',
      "import { createRequire as __createRequire } from 'node:module';",
      "import { dirname as __dirnameOf } from 'node:path';",
      "import { fileURLToPath as __fileURLToPath } from 'node:url';",
      'const require = __createRequire(import.meta.url);',
      'const __filename = __fileURLToPath(import.meta.url);',
      'const __dirname = __dirnameOf(__filename);',
    ].join('\n'),
  },
  write: false,
  logLevel: 'warning',
});

const files = {
  'action/index.mjs': outputFiles[0].text,
  'action/licenses.txt': formatLicenses(root, Object.keys(metafile.inputs)),
};
if (process.argv.includes('--check')) check(files);
else write(files);

function write(wanted) {
  mkdirSync(join(root, 'action'), { recursive: true });
  for (const [name, text] of Object.entries(wanted)) writeFileSync(join(root, name), text);
}

function check(wanted) {
  for (const [name, text] of Object.entries(wanted)) {
    const path = join(root, name);
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    console.error(`${name} is out of date: run \`npm run build:action\` and commit it`);
    process.exitCode = 1;
  }
}
