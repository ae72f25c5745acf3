import { expect, onTestFinished } from 'vitest';
import type { Failure } from '../../src/core/failure.js';
import type { TemplateSource } from '../../src/core/plan.js';
import { type Progress, silentProgress } from '../../src/core/progress.js';
import type { TemplateStore } from '../../src/core/template-store.js';
import { openTemplateStore } from '../../src/io/deploy-repository.js';
import { commitAll, git, makeDirectory, writeFiles } from '../io/repository.js';

/** A bare repository with one commit of these files, and a clone of it to look into and push from. */
export function makeRemote(files: Readonly<Record<string, string | Uint8Array>>, attributes = '') {
  const remote = makeDirectory();
  git(remote, 'init', '-q', '--bare', '-b', 'main');
  const clone = makeDirectory(files);
  git(clone, 'init', '-q', '-b', 'main');
  git(clone, 'config', 'core.autocrlf', 'false');
  commitAll(clone, 'first');
  if (attributes !== '') {
    writeFiles(clone, { '.gitattributes': attributes });
    git(clone, 'add', '.gitattributes');
    git(clone, 'commit', '-q', '-m', 'attributes');
  }
  git(clone, 'push', '-q', remote, 'main');
  const show = (path: string) => git(remote, 'show', `main:${path}`);
  return { remote, clone, show, log: () => git(remote, 'log', '--format=%s', 'main').split('\n') };
}

/** A store of a repository, closed when the test is. */
export async function openRemote(
  url: string,
  more: Partial<Extract<TemplateSource, { readonly in: 'repository' }>> = {},
  progress: Progress = silentProgress,
): Promise<TemplateStore> {
  const options = { projectRoot: makeDirectory(), workDirectory: makeDirectory(), progress };
  const store = await openTemplateStore({ in: 'repository', url, ...more }, options);
  onTestFinished(() => store.close());
  return store;
}

export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  return promise.then(
    () => expect.fail('nothing failed'),
    (error: Failure) => error,
  );
}

/** Set variables for one test, for the code under test reads this process's environment. */
export function setEnvironment(values: Readonly<Record<string, string>>): void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  onTestFinished(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}
