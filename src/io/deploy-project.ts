import { randomBytes } from 'node:crypto';
import { type Dirent, readFileSync } from 'node:fs';
import { lstat, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, posix, relative, sep } from 'node:path';
import { Failure } from '../core/failure.js';
import { applyEdits, decodeTemplate, templatePattern } from './deploy-edit.js';
import type { TemplateFile, TemplateRepository, TemplateSourceOptions } from './deploy-repository.js';

/** Templates in the project's own work tree: read and replaced in place, never committed. */
export function openProjectTemplates(options: TemplateSourceOptions): TemplateRepository {
  const root = options.projectRoot;
  return {
    shown: 'the project',
    currentRevision: () => undefined,
    readTemplates: async (directory) => {
      const paths = await listTemplates(root, inside(directory));
      return paths.map((path) => ({ path, text: readTemplate(root, path) ?? '' }));
    },
    write: async (edits) => {
      const before = new Map(edits.map((edit) => [edit.path, readTemplate(root, inside(edit.path))]));
      const files = applyEdits(edits, (path) => before.get(path), new Map(), 'the project');
      const changed = files.filter((file) => before.get(file.path) !== file.text);
      for (const file of changed) {
        await replaceFile(root, file);
        options.progress.info(`${file.path} has the new image; it is not committed`);
      }
      return { files, changed: changed.length > 0 };
    },
    close: async () => {},
  };
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

async function listTemplates(root: string, directory: string): Promise<readonly string[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(join(root, directory), { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
  const found = await Promise.all(
    entries.map(async (entry): Promise<readonly string[]> => {
      const path = posix.join(directory, entry.name);
      if (entry.isDirectory()) return /^(?:\.git|node_modules)$/.test(entry.name) ? [] : listTemplates(root, path);
      return entry.isFile() && templatePattern.test(entry.name) ? [path] : [];
    }),
  );
  return found.flat().sort((left, right) => (left < right ? -1 : 1));
}

function readTemplate(root: string, path: string): string | undefined {
  try {
    return decodeTemplate(path, readFileSync(join(root, path)));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined;
    throw error;
  }
}

/**
 * In one step: whoever reads the file, and whenever this process is killed, it has the old text or the new one. What a
 * killed run left beside it is removed by the next.
 */
async function replaceFile(root: string, file: TemplateFile): Promise<void> {
  const target = await realpath(join(root, file.path));
  await refuseOutside(root, target, file.path);
  await removeLeftovers(target);
  const { mode } = await stat(target);
  const temporary = join(dirname(target), `.${basename(target)}.slipway-${randomBytes(6).toString('hex')}.tmp`);
  const handle = await open(temporary, 'wx', mode);
  try {
    await handle.writeFile(file.text, 'utf8');
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, target);
}

async function refuseOutside(root: string, target: string, path: string): Promise<void> {
  const from = relative(await realpath(root), target);
  if (from !== '..' && !from.startsWith(`..${sep}`)) return;
  throw new Failure('deploy.no-template', {
    message: `'${path}' is a link that leads out of the project`,
    where: path,
  });
}

/** A minute is longer than any write: a younger file may be another run's. */
async function removeLeftovers(target: string): Promise<void> {
  const prefix = `.${basename(target)}.slipway-`;
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(prefix) || !name.endsWith('.tmp')) continue;
    const path = join(dirname(target), name);
    const age = await lstat(path).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    );
    if (age > 60_000) await rm(path, { force: true });
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}
