import semver from 'semver';
import { z } from 'zod';
import { describeError, Failure } from '../../core/failure.js';
import type { SourceTree } from '../../core/source-tree.js';
import { builtInTable, type NodeRelease, type VersionTable } from './version-table.js';

const file = '.slipway/node-versions.json';

/** In UTF-16 units and entries: ten times what Node's own index has. */
const maxSize = 5_000_000;
const maxEntries = 20_000;

/** What is used of https://nodejs.org/dist/index.json; other members are as they are. */
const indexSchema = z
  .array(
    z.object({
      version: z.string().regex(/^v?\d{1,4}\.\d{1,5}\.\d{1,5}$/),
      date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
      lts: z.union([z.literal(false), z.string().regex(/^[A-Za-z]{1,40}$/)]),
      npm: z
        .string()
        .regex(/^\d{1,4}\./)
        .optional(),
    }),
  )
  .min(1)
  .max(maxEntries);

type Index = z.output<typeof indexSchema>;

/**
 * The project's own table, `.slipway/node-versions.json` in the format of Node's published index, in place of the one that
 * comes with Slipway. Its day is that of its newest release. Throws `detect.unreadable` for another format.
 */
export function readVersionTable(tree: SourceTree): VersionTable {
  const text = tree.read(file);
  if (text === undefined) return builtInTable;
  const index = parseIndex(text);
  const majors = [...new Set(index.map(majorOf))].filter((major) => major > 0).sort((a, b) => b - a);
  if (majors.length === 0) throw unreadable('it names no release of Node 1 or later');
  const asOf =
    index
      .map(({ date }) => date)
      .sort()
      .at(-1) ?? '';
  const byMajor = groupByMajor(index);
  return { file, asOf, releases: majors.map((major) => releaseOf(major, byMajor.get(major) ?? [])) };
}

function parseIndex(text: string): Index {
  if (text.length > maxSize) throw unreadable(`it has more than ${maxSize} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(describeError(error), error);
  }
  const parsed = indexSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unreadable(`${issue?.path.join('.') || 'the whole'}: ${issue?.message}`);
}

function groupByMajor(index: Index): Map<number, Index> {
  const groups = new Map<number, Index>();
  for (const entry of index) {
    const group = groups.get(majorOf(entry));
    if (group) group.push(entry);
    else groups.set(majorOf(entry), [entry]);
  }
  return groups;
}

function releaseOf(major: number, entries: Index): NodeRelease {
  const newestFirst = entries.toSorted((a, b) => semver.rcompare(a.version, b.version));
  const codename = newestFirst.find(({ lts }) => lts !== false)?.lts;
  const npm = Number.parseInt(newestFirst.find((one) => one.npm !== undefined)?.npm ?? '', 10);
  const known = builtInTable.releases.find((release) => release.major === major) ?? builtInTable.releases[0];
  return {
    major,
    ...(codename && { codename: codename.toLowerCase() }),
    npm: Number.isNaN(npm) ? (known?.npm ?? 0) : npm,
    released: newestFirst.at(-1)?.date ?? '',
  };
}

function majorOf({ version }: Index[number]): number {
  return semver.major(version);
}

function unreadable(why: string, cause?: unknown): Failure {
  return new Failure('detect.unreadable', {
    message: `${file} is not an index of Node's releases: ${why.slice(0, 300)}`,
    where: file,
    remedy: 'Make it a copy of the index.json that Node publishes beside its releases: [{version, date, lts}, …].',
    ...(cause !== undefined && { cause }),
  });
}
