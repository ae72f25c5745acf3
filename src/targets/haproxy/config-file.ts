import { execFile } from 'node:child_process';
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describeError, errorCode, Failure } from '../../core/failure.js';

/** The file that HAProxy starts with; followed where it is a link, so that the link stays. */
export interface ConfigFile {
  readonly path: string;
  read(): Promise<string>;
  /** Whether HAProxy could start with this text. Throws `deploy.refused` with what it says. */
  validate(text: string, signal: AbortSignal): Promise<void>;
  /**
   * Change the text, and replace the file in one step once HAProxy has said that it could start with the new one; again on the newer
   * text where somebody else changed it meanwhile. False: it is as wanted already.
   */
  edit(change: (text: string) => string, signal: AbortSignal): Promise<boolean>;
  /** Remove what a killed run left beside it. */
  sweep(): Promise<void>;
}

/** `program`: the `haproxy` that checks. Throws `deploy.refused` where the file is not there. */
export async function openConfigFile(path: string, program: string): Promise<ConfigFile> {
  const real = await realpath(path).catch((error: unknown) => {
    throw unusable(path, error);
  });
  const beside = join(dirname(real), `.${basename(real)}.slipway`);
  return {
    path: real,
    read: () =>
      readFile(real, 'utf8').catch((error: unknown) => {
        throw unusable(real, error);
      }),
    validate: async (text, signal) => {
      await writeBeside(real, beside, text);
      try {
        await check(program, beside, real, signal);
      } finally {
        await rm(beside, { force: true });
      }
    },
    edit: async (change, signal) => {
      for (let attempt = 1; attempt <= 3; attempt++) {
        const before = await readFile(real, 'utf8');
        const after = change(before);
        if (before === after) return false;
        await writeBeside(real, beside, after);
        await check(program, beside, real, signal);
        if ((await readFile(real, 'utf8')) !== before) continue;
        await rename(beside, real);
        return true;
      }
      throw changed(real);
    },
    sweep: () => rm(beside, { force: true }),
  };
}

/** A new file with the old one's owner and mode, on the disk before it takes its place. */
async function writeBeside(real: string, beside: string, text: string): Promise<void> {
  try {
    const { mode, uid, gid } = await stat(real);
    await rm(beside, { force: true });
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      // Only root may give a file away; for anybody else the owner is who could write here anyway.
      await file.chown(uid, gid).catch(() => {});
      await file.chmod(mode & 0o7777);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unusable(real, error);
  }
}

function check(program: string, file: string, real: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, ['-c', '-q', '-f', file], { signal, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else if (signal.aborted) reject(signal.reason);
      else reject(refused(program, real, error, `${stdout}${stderr}`.replaceAll(file, real)));
    });
  });
}

function refused(program: string, path: string, cause: Error, output: string): Failure {
  const missing = errorCode(cause) === 'ENOENT';
  return new Failure('deploy.refused', {
    message: missing
      ? `There is no program '${program}' to check HAProxy's configuration`
      : `HAProxy would not start with the new configuration of this file`,
    where: path,
    remedy: missing
      ? "Set 'haproxy.program' in the host file to the path of haproxy."
      : `See what it says of the file as it is: ${program} -c -f ${path}`,
    ...(output.trim() !== '' && { lastLines: output.trim().split('\n').slice(-20) }),
    cause,
  });
}

function changed(path: string): Failure {
  return new Failure('deploy.refused', {
    message: "Somebody else changed HAProxy's configuration while it was being written",
    where: path,
    remedy: 'Run the same command again.',
  });
}

function unusable(path: string, cause: unknown): Failure {
  return new Failure('deploy.refused', {
    message: `HAProxy's configuration cannot be read and replaced: ${describeError(cause)}`,
    where: path,
    remedy: "Name the file that HAProxy starts with in 'haproxy.config', and let this user write in its directory.",
    cause,
  });
}
