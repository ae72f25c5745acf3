import { readFileSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join, posix, relative, sep } from 'node:path';
import { Failure } from '../core/failure.js';
import type { TemplateStore } from '../core/template-store.js';
import { byPath, carryOut, decodeTemplate, missingTemplate, templatePattern } from './deploy-edit.js';
import { journalDirectory, openJournal } from './deploy-journal.js';
import type { TemplateStoreOptions } from './deploy-options.js';
import { replaceFile } from './replace-file.js';

/** Templates in the project's own work tree: read and replaced in place, never committed; recorded on this machine. */
export function openProjectTemplates(options: TemplateStoreOptions): TemplateStore {
  const root = options.projectRoot;
  const shown = 'the project';
  const journal =
    options.stateDirectory === undefined
      ? undefined
      : openJournal(journalDirectory(options.stateDirectory, root), whoami());
  return {
    read: async (path) => {
      const found = await listTemplates(root, inside(path));
      if (found === undefined) throw missingTemplate(path, shown);
      return found.map((each) => ({ path: each, text: readTemplate(root, each) ?? '' })).sort(byPath);
    },
    apply: async (intent, progress) => {
      const path = inside(intent.path);
      const before = readTemplate(root, path);
      const { environment, service } = intent.deployment;
      const text = await carryOut(intent, before, {
        where: shown,
        newest: async () => (await journal?.history({ environment, service, limit: 1 }))?.[0],
        changedBy: async () => undefined,
      });
      if (before === undefined || text === before) return { text, before: text };
      await refuseOutside(root, await realpath(join(root, path)), path);
      const record = await journal?.add(intent.deployment, path, text);
      await replaceFile(join(root, path), text);
      progress.info(`${path} has the new image; commit it: Slipway does not commit to the project's own repository`);
      return { text, before, ...(record !== undefined && { record }) };
    },
    history: async (wanted) => (await journal?.history(wanted)) ?? [],
    readAt: async (record, path) => journal?.textOf(record, inside(path)),
    note: async (record, ended) => journal?.note(record, ended),
    close: async () => {},
  };
}

/** A container's user may have no name. */
function whoami(): string {
  try {
    return `${userInfo().username} on ${hostname()}`;
  } catch {
    return hostname();
  }
}

/** A path in the project, normalised. Throws `deploy.no-template` for one that leads out of it. */
function inside(path: string): string {
  const normal = posix.normalize(path.split(sep).join('/')).replace(/\/$/, '');
  if (normal !== '..' && !normal.startsWith('../') && !posix.isAbsolute(normal)) return normal;
  throw new Failure('deploy.no-template', {
    message: `'${path}' is outside of the project`,
    remedy: 'Name a directory of the project, or a repository of its own.',
  });
}

/** Undefined where there is no such path. A file that is named is taken whatever its name; links are not followed. */
async function listTemplates(root: string, path: string): Promise<readonly string[] | undefined> {
  const found = await stat(join(root, path)).catch(() => undefined);
  if (found === undefined) return undefined;
  if (found.isFile()) return [path];
  const entries = await readdir(join(root, path), { withFileTypes: true });
  const lists = await Promise.all(
    entries.map(async (entry) => {
      const inner = posix.join(path, entry.name);
      if (entry.isDirectory()) return /^(?:\.git|node_modules)$/.test(entry.name) ? [] : listTemplates(root, inner);
      return entry.isFile() && templatePattern.test(entry.name) ? [inner] : [];
    }),
  );
  return lists.flatMap((list) => list ?? []);
}

function readTemplate(root: string, path: string): string | undefined {
  try {
    return decodeTemplate(path, readFileSync(join(root, path)));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined;
    throw error;
  }
}

async function refuseOutside(root: string, target: string, path: string): Promise<void> {
  const from = relative(await realpath(root), target);
  if (from !== '..' && !from.startsWith(`..${sep}`)) return;
  throw new Failure('deploy.no-template', {
    message: `'${path}' is a link that leads out of the project`,
    where: path,
  });
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}
