/** The licences of the npm packages whose code is in a bundle. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The text of a bundle's licence file. `inputs`: the bundle's source files, from the root (esbuild's `metafile.inputs`). */
export function formatLicenses(root, inputs) {
  const intro = 'The bundle holds code of these npm packages, each under its own licence.\n';
  const packages = bundledPackages(inputs).map((directory) => describePackage(join(root, directory)));
  return [intro, ...packages].join(`\n${'-'.repeat(80)}\n\n`);
}

/** Directories of the npm packages that these inputs belong to; a package may be there in several versions. */
function bundledPackages(inputs) {
  const directories = inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path) ?? []);
  return [...new Set(directories)].sort();
}

function describePackage(directory) {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const license = typeof manifest.license === 'object' ? manifest.license.type : manifest.license;
  const texts = licenseFiles(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
  // Line ends and trailing spaces differ between packages and mean nothing.
  const clean = texts.map((text) => text.replaceAll(/[ \t\r]+$/gm, '').trim());
  const head = `${manifest.name} ${manifest.version} (${license ?? 'see its text'})`;
  if (clean.length > 0) return `${[head, ...clean].join('\n\n')}\n`;
  return `${head}\n\nThe package brings no licence text of its own. Author: ${authorOf(manifest)}.\n`;
}

function licenseFiles(directory) {
  return readdirSync(directory)
    .filter((name) => /^(licen[cs]e|copying|notice)([.-].*)?$/i.test(name))
    .sort();
}

function authorOf({ author, contributors, name }) {
  const who = author ?? contributors?.[0];
  const text = typeof who === 'object' ? who.name : who;
  return text ?? `the authors of ${name}`;
}
