import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { appendFile, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { outcomes } from '../core/deployment-trailers.js';
import { errorCode } from '../core/failure.js';
import type { DeploymentEnd, DeploymentFacts, DeploymentRecord, TemplateStore } from '../core/template-store.js';

/** Deployments of templates that no repository of their own records, kept on this machine. */
export interface DeployJournal {
  /** Returns the entry's id. The text is kept too, for a rollback. */
  add(facts: DeploymentFacts, template: string, text: string): Promise<string>;
  note(id: string, ended: DeploymentEnd): Promise<void>;
  history(wanted: Parameters<TemplateStore['history']>[0]): Promise<readonly DeploymentRecord[]>;
  /** Undefined: there is no such entry, it is of another template, or its text is no longer kept. */
  textOf(id: string, path: string): Promise<string | undefined>;
}

const entrySchema = z.object({
  id: z.string().regex(/^[0-9a-f]{40}$/),
  at: z.string(),
  author: z.string(),
  environment: z.string(),
  service: z.string(),
  template: z.string(),
  version: z.string(),
  image: z.string(),
  revision: z.string().optional(),
  run: z.string().optional(),
  pinned: z.boolean(),
  rollbackOf: z.string().optional(),
  text: z.string().regex(/^[0-9a-f]{64}$/),
});
const noteSchema = z.object({
  note: z.string(),
  outcome: z.enum(outcomes),
  evidence: z.string(),
});
const lineSchema = z.union([entrySchema, noteSchema]);
type Line = z.infer<typeof lineSchema>;

/** Bytes after which a file is put aside; of those put aside, and of texts, the newest are kept. */
const longestFile = 512 * 1024;
const keptFiles = 3;
const keptTexts = 300;

/**
 * `<directory>/<environment>/<service>/current.jsonl`: JSON lines that are only appended to, each by one write, so that there is no lock
 * to be left behind. A line that a killed process cut short is ignored: each begins with a line end of its own. `who` signs the entries.
 */
export function openJournal(directory: string, who: string): DeployJournal {
  const folderOf = (environment: string, service: string): string =>
    join(directory, nameOf(environment), nameOf(service));
  return {
    add: async (facts, template, text) => {
      const folder = folderOf(facts.environment, facts.service);
      const kept = await keepText(folder, text);
      const id = randomBytes(20).toString('hex');
      const { environment, service, version, image, revision, run, rollbackOf } = facts;
      const named = { environment, service, template, version, image, revision, run, rollbackOf };
      const at = new Date().toISOString();
      await append(folder, { id, at, author: who, ...named, pinned: facts.pinned === true, text: kept });
      if (facts.ended) await append(folder, { note: id, ...facts.ended });
      return id;
    },
    note: async (id, ended) => {
      const folder = await folderWith(directory, id);
      if (folder !== undefined) await append(folder, { note: id, ...ended });
    },
    history: async ({ environment, service, limit }) => {
      const folders =
        service === undefined
          ? await subfolders(join(directory, nameOf(environment)))
          : [folderOf(environment, service)];
      const records = (await Promise.all(folders.map(readFolder))).flatMap(recordsOf);
      const isWanted = (record: DeploymentRecord) =>
        record.environment === environment && (service === undefined || record.service === service);
      return newestFirst(records.filter(isWanted)).slice(0, limit);
    },
    textOf: async (id, path) => {
      const folder = await folderWith(directory, id);
      const lines = folder === undefined ? [] : await readFolder(folder);
      const entry = lines.find((line) => 'id' in line && line.id === id);
      if (folder === undefined || entry === undefined || !('id' in entry) || entry.template !== path) return undefined;
      return readText(join(folder, 'texts', entry.text));
    },
  };
}

/** A journal's directory in the state directory: one for each project. */
export function journalDirectory(stateDirectory: string, projectRoot: string): string {
  return join(stateDirectory, 'journal', nameOf(projectRoot));
}

/** A folder's name for any text: readable, and never two texts' own. */
function nameOf(text: string): string {
  const readable = text.replace(/[^A-Za-z0-9_-]+/g, '-').slice(-40);
  return `${readable}-${sha256(text).slice(0, 12)}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function append(folder: string, line: Line): Promise<void> {
  const current = join(folder, 'current.jsonl');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const size = (await stat(current).catch(() => undefined))?.size ?? 0;
  if (size > longestFile) await putAside(folder, current);
  await appendFile(current, `\n${JSON.stringify(line)}\n`, { mode: 0o600, flush: true });
}

/** Whoever writes to the file meanwhile writes to it under its new name: nothing is lost. */
async function putAside(folder: string, current: string): Promise<void> {
  await rename(current, join(folder, `${Date.now()}-${randomBytes(4).toString('hex')}.jsonl`)).catch(ignoreMissing);
  const aside = (await readdir(folder)).filter((name) => /^\d+-[0-9a-f]+\.jsonl$/.test(name)).sort();
  for (const name of aside.slice(0, -keptFiles)) await rm(join(folder, name), { force: true });
}

/** Written under another name first: a text is there whole or not at all. Returns its name. */
async function keepText(folder: string, text: string): Promise<string> {
  const texts = join(folder, 'texts');
  await mkdir(texts, { recursive: true, mode: 0o700 });
  const name = sha256(text);
  const temporary = join(texts, `${randomBytes(8).toString('hex')}.tmp`);
  await writeFile(temporary, text, { mode: 0o600, flush: true });
  await rename(temporary, join(texts, name));
  await dropOldTexts(texts);
  return name;
}

async function dropOldTexts(texts: string): Promise<void> {
  const names = await readdir(texts);
  if (names.length <= keptTexts) return;
  const aged = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(texts, name)).catch(() => undefined);
      return { name, time: found?.mtimeMs ?? 0 };
    }),
  );
  const old = aged.sort((left, right) => right.time - left.time).slice(keptTexts);
  for (const { name } of old) await rm(join(texts, name), { force: true });
}

async function readFolder(folder: string): Promise<readonly Line[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.jsonl'));
  // Those put aside are named by their time; the current one comes last.
  const ordered = [...names].sort((left, right) => rank(left).localeCompare(rank(right)));
  return ordered.flatMap((name) => (readText(join(folder, name)) ?? '').split('\n').flatMap(parseLine));
}

function rank(name: string): string {
  return name === 'current.jsonl' ? '~' : name;
}

function parseLine(text: string): readonly Line[] {
  if (text === '') return [];
  try {
    const parsed = lineSchema.safeParse(JSON.parse(text));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}

function recordsOf(lines: readonly Line[]): readonly DeploymentRecord[] {
  const ends = new Map<string, DeploymentEnd>();
  for (const line of lines) if ('note' in line) ends.set(line.note, { outcome: line.outcome, evidence: line.evidence });
  return lines.flatMap((line) => {
    if (!('id' in line)) return [];
    const { id, text: _, revision, run, rollbackOf, ...rest } = line;
    const named = {
      ...(revision !== undefined && { revision }),
      ...(run !== undefined && { run }),
      ...(rollbackOf !== undefined && { rollbackOf }),
    };
    return [{ commit: id, ...rest, ...named, ...ends.get(id) }];
  });
}

/** Of one time, the one that was written later comes first. */
function newestFirst(records: readonly DeploymentRecord[]): readonly DeploymentRecord[] {
  return [...records].reverse().sort((left, right) => (left.at < right.at ? 1 : left.at > right.at ? -1 : 0));
}

async function folderWith(directory: string, id: string): Promise<string | undefined> {
  for (const environment of await subfolders(directory)) {
    for (const folder of await subfolders(environment)) {
      if ((await readFolder(folder)).some((line) => 'id' in line && line.id === id)) return folder;
    }
  }
  return undefined;
}

async function subfolders(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    ignoreMissing(error);
    return undefined;
  }
}

function ignoreMissing(error: unknown): void {
  if (errorCode(error) !== 'ENOENT') throw error;
}
