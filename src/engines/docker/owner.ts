import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Labels on everything that we leave in an engine. */
export const label = {
  run: 'io.slipway.run',
  owner: 'io.slipway.owner',
  home: 'io.slipway.home',
  expires: 'io.slipway.expires',
  cache: 'io.slipway.cache',
  project: 'io.slipway.project',
  kind: 'io.slipway.kind',
  builder: 'io.slipway.builder',
} as const;

/** Whose a container or volume is, in a form that a later process can judge. */
export interface Owner {
  readonly run: string;
  /** Names this state directory on this disk: processes that share it are asked about each other, others never. */
  readonly home: string;
  /** Boot id, pid namespace, pid and start time: a pid alone is used again. */
  readonly process: string;
}

/** Reads and, the first time, makes the state directory's id. */
export async function currentOwner(run: string, stateDirectory: string): Promise<Owner> {
  const [home, process] = await Promise.all([homeOf(stateDirectory), describeProcess(globalThis.process.pid)]);
  return { run, home, process };
}

/** Labels of a container or volume that is to live for at most `seconds`. */
export function ownerLabels(owner: Owner, seconds: number): Record<string, string> {
  const expires = new Date(Date.now() + (seconds + 600) * 1000).toISOString();
  return { [label.run]: owner.run, [label.home]: owner.home, [label.owner]: owner.process, [label.expires]: expires };
}

/** Whether what carries these labels was left behind by a run that is over. When in doubt: no. */
export async function isOrphan(labels: Readonly<Record<string, string>>, owner: Owner): Promise<boolean> {
  const expires = Date.parse(labels[label.expires] ?? '');
  if (expires < Date.now()) return true;
  if (labels[label.home] !== owner.home || labels[label.run] === owner.run) return false;
  return hasEnded(labels[label.owner] ?? '', owner.process);
}

/** Whether the process that `theirs` describes is over, as `ours` can judge. When in doubt: no. */
export async function hasEnded(theirs: string, ours: string): Promise<boolean> {
  const [boot, namespace, pid, started] = theirs.split('/');
  const [ourBoot, ourNamespace] = ours.split('/');
  if (!boot || !namespace || !pid || !started) return false;
  if (boot !== ourBoot) return true;
  // In another pid namespace the same number is another process.
  if (namespace !== ourNamespace) return false;
  return (await describeProcess(Number(pid))) !== theirs;
}

async function homeOf(stateDirectory: string): Promise<string> {
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  const path = join(stateDirectory, 'home-id');
  try {
    await writeFile(path, randomUUID(), { flag: 'wx' });
  } catch {
    // It is there already; another process may be writing it this moment, and an empty id owns nothing.
  }
  return (await readFile(path, 'utf8')) || randomUUID();
}

/** Boot id, pid namespace, pid and start time of a process: its name among all that ever were on this machine. */
export async function describeProcess(pid: number): Promise<string> {
  const [boot, namespace, started] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
    startTime(pid),
  ]);
  return [boot.trim(), namespace.replace(/\D/g, ''), pid, started].join('/');
}

/** Field 22 of /proc/PID/stat, counted behind the command's closing parenthesis (proc(5)). */
async function startTime(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
