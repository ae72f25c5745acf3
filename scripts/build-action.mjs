/**
 * Bundle the GitHub Action: `action/index.mjs` and `action/licenses.txt`, committed, since a runner installs nothing.
 * `--check` writes nothing and fails when the committed files are not what the sources give.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { options, root } from './bundle.mjs';
import { formatLicenses } from './licenses.mjs';

const { outputFiles, metafile } = await build({
  ...options,
  entryPoints: ['src/action/main.ts'],
  outfile: 'action/index.mjs',
  minify: true,
  banner: {
    js: [
      '// Generated from src/ by `npm run build:action`. Do not edit. Licences of what is in it: licenses.txt.',
      "import { createRequire as __createRequire } from 'node:module';",
      'const require = __createRequire(import.meta.url);',
    ].join('\n'),
  },
  write: false,
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
