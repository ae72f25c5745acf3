/**
 * Bundle the GitHub Action: `action/index.mjs` and `action/licenses.txt`, committed, since a runner installs nothing.
 * `--check` writes nothing and fails when the committed files are not what the sources give.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

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
  'action/licenses.txt': formatLicenses(bundledPackages(Object.keys(metafile.inputs))),
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

/** Directories of the npm packages that these inputs belong to; a package may be there in several versions. */
function bundledPackages(inputs) {
  const directories = inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path) ?? []);
  return [...new Set(directories)].sort();
}

function formatLicenses(directories) {
  const intro = 'action/index.mjs holds code of these npm packages, each under its own licence.\n';
  return [intro, ...directories.map(describePackage)].join(`\n${'-'.repeat(80)}\n\n`);
}

function describePackage(directory) {
  const manifest = JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8'));
  const license = typeof manifest.license === 'object' ? manifest.license.type : manifest.license;
  const texts = licenseFiles(directory).map((name) => readFileSync(join(root, directory, name), 'utf8'));
  // Line ends and trailing spaces differ between packages and mean nothing.
  const clean = texts.map((text) => text.replaceAll(/[ \t\r]+$/gm, '').trim());
  const head = `${manifest.name} ${manifest.version} (${license ?? 'see its text'})`;
  if (clean.length > 0) return `${[head, ...clean].join('\n\n')}\n`;
  return `${head}\n\nThe package brings no licence text of its own. Author: ${authorOf(manifest)}.\n`;
}

function licenseFiles(directory) {
  return readdirSync(join(root, directory))
    .filter((name) => /^(licen[cs]e|copying|notice)([.-].*)?$/i.test(name))
    .sort();
}

function authorOf({ author, contributors, name }) {
  const who = author ?? contributors?.[0];
  const text = typeof who === 'object' ? who.name : who;
  return text ?? `the authors of ${name}`;
}
