import type { SourceTree } from '../../core/source-tree.js';
import type { Attempt } from './attempt.js';
import type { Manifest } from './manifest.js';
import { readCode } from './sources.js';
import { startOf } from './start-script.js';

/**
 * What a `Procfile` says of the process `web`, by the rules of a start script (https://devcenter.heroku.com/articles/procfile). None
 * where there is no such line, or it starts a package manager: then the script is asked.
 */
export function procfileAttempts(tree: SourceTree, manifest: Manifest): readonly Attempt[] {
  const lines = (readCode(tree, 'Procfile', false) ?? '').slice(0, 10_000).split(/\r?\n/);
  const index = lines.findIndex((line) => /^web:/.test(line));
  const value = lines[index]?.slice('web:'.length).trim() ?? '';
  if (value === '') return [];
  const name = 'web of Procfile';
  const line = index + 1;
  const started = startOf({ ...manifest, scripts: new Map([...manifest.scripts, [name, { value, line }]]) }, name);
  const place = { file: 'Procfile', line, because: `web is ${JSON.stringify(value.slice(0, 200))}` };
  if (!started.ok) return [{ ...place, refused: started.because, value: value.slice(0, 200) }];
  if (started.argv[0] === 'npm') return [{ ...place, refused: 'it needs a shell', value: value.slice(0, 200) }];
  return [{ ...place, argv: started.argv }];
}
