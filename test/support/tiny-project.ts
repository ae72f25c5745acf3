import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commitAll, git } from './fixture-project.js';

const server = `process.on('SIGTERM', () => process.exit());
require('http').createServer((q, s) => s.end('ok')).listen(3000);
`;

/** Files of a Node service without dependencies: it builds in two seconds, with the script `build.sh`. */
const tinyFiles: Readonly<Record<string, string>> = {
  'package.json': `${JSON.stringify({
    name: 'tiny',
    version: '1.0.0',
    engines: { node: '22' },
    scripts: { build: 'sh build.sh', start: 'node server.js' },
  })}\n`,
  'package-lock.json': `${JSON.stringify({
    name: 'tiny',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: { '': { name: 'tiny', version: '1.0.0' } },
  })}\n`,
  'build.sh': 'echo building\n',
  'server.js': server,
};

/** Make that service, some of its files replaced or joined, as a git repository with one commit. Returns the directory. */
export function makeTinyProject(directory: string, files: Readonly<Record<string, string>> = {}): string {
  writeFiles(directory, { ...tinyFiles, ...files });
  commitAll(directory, 'Add a tiny service');
  // Caches are named by the origin: all of these share theirs, and no run leaves new ones.
  git(directory, 'config', 'remote.origin.url', 'https://git.example.com/team/tiny.git');
  return directory;
}

/** Write files below a directory, making the directories they are in. */
export function writeFiles(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}
