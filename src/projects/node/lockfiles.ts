import { Failure } from '../../core/failure.js';
import type { SourceTree } from '../../core/source-tree.js';

export const managers = ['npm', 'yarn', 'pnpm', 'bun'] as const;
export type Manager = (typeof managers)[number];

/** A lockfile and what its format says of its writer. */
export interface Lockfile {
  readonly manager: Manager;
  readonly file: string;
  /** Major of the manager that wrote it; undefined where the format does not tell. */
  readonly major?: string;
  /** The oldest version that reads the format; undefined where every one does that is in use. */
  readonly oldest?: string;
  readonly line?: number;
  readonly because: string;
}

const files: readonly (readonly [string, Manager])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['yarn.lock', 'yarn'],
  ['npm-shrinkwrap.json', 'npm'],
  ['package-lock.json', 'npm'],
];

/** The lockfiles at the project's root, the most deliberate manager first. */
export function findLockfiles(tree: SourceTree): readonly Lockfile[] {
  return files
    .filter(([file]) => tree.has(file))
    .map(([file, manager]) => ({ manager, file, ...writerOf(tree, file, manager) }));
}

type Writer = Pick<Lockfile, 'major' | 'oldest' | 'line' | 'because'>;

function writerOf(tree: SourceTree, file: string, manager: Manager): Writer {
  // The text format came with Bun 1.1.39: https://bun.com/docs/pm/lockfile.
  if (manager === 'bun')
    return { major: '1', ...(file === 'bun.lock' && { oldest: '1.1.39' }), because: `${file} is there` };
  if (manager === 'pnpm') return pnpmWriter(headOf(tree, file));
  if (manager === 'yarn') return yarnWriter(headOf(tree, file));
  return npmWriter(headOf(tree, file), file);
}

/** Lockfile versions: pnpm 6 wrote 5.3, 7 wrote 5.4, 8 wrote 6.x, 9 and later write 9.0; the oldest that has security fixes reads it. */
function pnpmWriter(head: readonly string[]): Writer {
  const index = head.findIndex((line) => line.startsWith('lockfileVersion:'));
  const version = /^lockfileVersion:\s*['"]?([\d.]{1,8})/.exec(head[index] ?? '')?.[1] ?? '';
  const major = version === '5.3' ? '6' : version.startsWith('5') ? '7' : version.startsWith('6') ? '8' : '10';
  const oldest = major === '10' ? '9.0.0' : `${major}.0.0`;
  return { major, oldest, line: index + 1 || 1, because: `lockfileVersion is ${version || 'not stated'}` };
}

/** npm 6 reads 1 and, as far as it needs, 2: https://docs.npmjs.com/cli/configuring-npm/package-lock-json#lockfileversion. */
function npmWriter(head: readonly string[], file: string): Writer {
  const index = head.findIndex((line) => /^\s*"lockfileVersion":\s*3\b/.test(line));
  if (index < 0) return { because: `${file} is there` };
  return { oldest: '7.0.0', line: index + 1, because: 'lockfileVersion is 3' };
}

/** Without `__metadata` it is yarn classic; its version was 4 for yarn 2, 5 and 6 for 3, and is more for 4. */
function yarnWriter(head: readonly string[]): Writer {
  const index = head.findIndex((line) => line.startsWith('__metadata:'));
  if (index < 0) return { major: '1', line: 1, because: 'yarn.lock is in the format of yarn classic' };
  const version = Number(/^\s+version:\s*(\d{1,3})/.exec(head[index + 1] ?? '')?.[1] ?? 8);
  const major = version <= 4 ? '2' : version <= 6 ? '3' : '4';
  return { major, oldest: `${major}.0.0`, line: index + 2, because: `__metadata.version is ${version}` };
}

/** The first lines of a lockfile. One that is too large or not text still is one: its writer is what stays unknown. */
export function headOf(tree: SourceTree, file: string): readonly string[] {
  try {
    return (tree.read(file, 'source') ?? '').slice(0, 4000).split(/\r?\n/);
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}
