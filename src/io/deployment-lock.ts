import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';

/** Who asks for a lock, and how others are judged. */
export interface LockOptions {
  readonly directory: string;
  /** `[a-z0-9-]+`, without a dot. */
  readonly name: string;
  /** This process, as `hasEnded` knows processes. */
  readonly process: string;
  /** Whether another process is over; when in doubt: no. */
  readonly hasEnded: (theirs: string) => Promise<boolean>;
  /** After so long, a holder of whom nobody can tell whether it lives counts as gone. */
  readonly longestSeconds: number;
  readonly signal: AbortSignal;
}

/** Whoever holds the lock. */
export interface Holder {
  readonly pid: number;
  /** ISO 8601 UTC. */
  readonly since: string;
}

const claimSchema = z.object({ process: z.string(), pid: z.number(), since: z.string(), expires: z.string() });
type Claim = z.output<typeof claimSchema>;

/**
 * Hold a name against the other processes that share the directory: `attempt` takes it or says who has it.
 *
 * A claim is a file of its own name, written before the others are looked for; whoever then sees another living claim takes its own
 * back. Of two that claim, the later one always sees the earlier, so they never hold both; a dead one's file is its alone and can be
 * removed by anybody, without the race that one shared file would have.
 */
export function makeLock(options: LockOptions): {
  readonly attempt: () => Promise<Holder | undefined>;
  readonly release: () => Promise<void>;
} {
  const prefix = `${options.name}.lock-`;
  const mine = `${prefix}${randomBytes(8).toString('hex')}`;
  return {
    attempt: async () => {
      await writeClaim(options, mine);
      const holder = await findHolder(options, prefix, mine);
      if (holder !== undefined) await rm(join(options.directory, mine), { force: true });
      return holder;
    },
    release: () => rm(join(options.directory, mine), { force: true }),
  };
}

async function writeClaim(options: LockOptions, mine: string): Promise<void> {
  const now = Date.now();
  const claim: Claim = {
    process: options.process,
    pid: process.pid,
    since: new Date(now).toISOString(),
    expires: new Date(now + options.longestSeconds * 1000).toISOString(),
  };
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const temporary = join(options.directory, `.${mine}.tmp`);
  await writeFile(temporary, JSON.stringify(claim), { mode: 0o600 });
  await rename(temporary, join(options.directory, mine));
}

async function findHolder(options: LockOptions, prefix: string, mine: string): Promise<Holder | undefined> {
  for (const name of await readdir(options.directory)) {
    if (!name.startsWith(prefix) || name === mine) continue;
    const path = join(options.directory, name);
    const claim = await readClaim(path);
    if (claim === undefined) continue;
    if (await isOver(claim, options)) await rm(path, { force: true });
    else return { pid: claim.pid, since: claim.since };
  }
  return undefined;
}

async function isOver(claim: Claim, options: LockOptions): Promise<boolean> {
  return Date.parse(claim.expires) < Date.now() || (await options.hasEnded(claim.process));
}

/** Undefined: taken back this moment, or no claim of ours. A claim is whole, as it was renamed into its place. */
async function readClaim(path: string): Promise<Claim | undefined> {
  try {
    return claimSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Random, so that two that collided do not collide again. */
export async function pauseBeforeRetry(signal: AbortSignal): Promise<void> {
  await setTimeout(100 + Math.random() * 300, undefined, { signal }).catch(() => signal.throwIfAborted());
}
