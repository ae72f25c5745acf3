import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory that is gone when the test is. */
export function makeDirectory(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-test-')));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  writeFiles(directory, files);
  return directory;
}

export function writeFiles(directory: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}

/** Run git with fixed times and names, so that commit ids are the same in every run. */
export function git(directory: string, ...args: readonly string[]): string {
  const fixed = {
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@example.com',
    GIT_COMMITTER_NAME: 'A',
    GIT_COMMITTER_EMAIL: 'a@example.com',
    GIT_AUTHOR_DATE: '2024-02-03T04:05:06+02:00',
    GIT_COMMITTER_DATE: '2024-02-03T04:05:06+02:00',
  };
  const config = ['-c', 'protocol.file.allow=always', '-c', 'advice.detachedHead=false'];
  const options = { cwd: directory, env: { ...process.env, ...fixed }, encoding: 'utf8', stdio: 'pipe' } as const;
  return execFileSync('git', [...config, ...args], options).trim();
}

/** A repository on branch `main` with one commit of these files. */
export function makeRepository(files: Readonly<Record<string, string>> = { 'a.txt': 'a\n' }): string {
  const directory = makeDirectory(files);
  git(directory, 'init', '-q', '-b', 'main');
  commitAll(directory, 'first');
  return directory;
}

/** Commit all that is there; returns the commit's id. */
export function commitAll(directory: string, subject: string): string {
  git(directory, 'add', '-A');
  git(directory, 'commit', '-q', '--allow-empty', '-m', subject);
  return git(directory, 'rev-parse', 'HEAD');
}
