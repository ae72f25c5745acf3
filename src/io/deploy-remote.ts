import { rm } from 'node:fs/promises';
import { posix } from 'node:path';
import type { TemplateStore } from '../core/template-store.js';
import { listFiles, openRemote, type Remote, type RepositorySource, readBlob, readStored } from './deploy-clone.js';
import { byPath, missingTemplate, templatePattern } from './deploy-edit.js';
import { landIntent } from './deploy-land.js';
import { fetchRecord, openLog } from './deploy-log.js';
import { openNotes } from './deploy-notes.js';
import type { TemplateStoreOptions } from './deploy-options.js';
import { proposeIntent } from './deploy-propose.js';

interface TemplateFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Templates in a git repository of their own. Files are read from and written as git objects in a bare repository:
 * there is no work tree, so no filter, attribute or line-end setting can touch a byte, and nothing is half written
 * whenever this process ends; a deployment is the one push, done or not.
 */
export async function openRemoteTemplates(
  source: RepositorySource,
  options: TemplateStoreOptions,
): Promise<TemplateStore> {
  const remote = await openRemote(source, options);
  const log = openLog(remote);
  const apply = source.publish === 'pull-request' ? proposeIntent : landIntent;
  return {
    read: (path) => readTemplates(remote, path),
    apply: (intent, progress) => apply(remote, log, intent, progress),
    history: (wanted) => log.history(wanted),
    readAt: async (record, path) => {
      await fetchRecord(remote, record);
      return (await readStored(remote, record, posix.normalize(path)))?.text;
    },
    note: openNotes(remote),
    close: () => rm(remote.directory, { recursive: true, force: true }),
  };
}

async function readTemplates(remote: Remote, path: string): Promise<readonly TemplateFile[]> {
  const wanted = posix.normalize(path).replace(/\/$/, '');
  const files = await listFiles(remote.git, remote.tip, wanted, true);
  if (files.size === 0) throw missingTemplate(path, remote.shown);
  const found: TemplateFile[] = [];
  for (const [name, { object }] of files) {
    if (name === wanted || templatePattern.test(name))
      found.push({ path: name, text: await readBlob(remote, name, object) });
  }
  return found.sort(byPath);
}
