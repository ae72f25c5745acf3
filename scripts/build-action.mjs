/**
 * Bundle the GitHub Action: `action/index.mjs`, committed, since a runner installs nothing. `--check` writes nothing and
 * fails when the committed bundle is not what the sources give.
 */
import { existsSync, readFileSync } from 'node:fs';
import { build } from 'esbuild';

const outfile = 'action/index.mjs';
const check = process.argv.includes('--check');

const { outputFiles } = await build({
  entryPoints: ['src/action/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  minify: true,
  legalComments: 'none',
  charset: 'utf8',
  // ssh2 tries both in a `try` and goes on without.
  external: ['cpu-features', '*.node'],
  banner: {
    js: [
      '// Generated from src/ by `npm run build:action`. Do not edit.',
      "import { createRequire as __createRequire } from 'node:module';",
      "import { dirname as __dirnameOf } from 'node:path';",
      "import { fileURLToPath as __fileURLToPath } from 'node:url';",
      'const require = __createRequire(import.meta.url);',
      'const __filename = __fileURLToPath(import.meta.url);',
      'const __dirname = __dirnameOf(__filename);',
    ].join('\n'),
  },
  write: !check,
  logLevel: 'warning',
});

if (check) {
  const fresh = outputFiles[0].text;
  if (!existsSync(outfile) || readFileSync(outfile, 'utf8') !== fresh) {
    console.error(`${outfile} is out of date: run \`npm run build:action\` and commit it`);
    process.exitCode = 1;
  }
}
