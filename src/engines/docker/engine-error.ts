import { describeError, errorCode, Failure, type FailureCode } from '../../core/failure.js';

const lostCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ERR_STREAM_PREMATURE_CLOSE',
  'EPROTO',
]);

/** The HTTP status with which the engine refused; undefined when it did not answer. */
export function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error ? Reflect.get(error, 'statusCode') : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** What the engine said, without the client's preamble. */
export function engineMessage(error: unknown): string {
  const json = error instanceof Error ? Reflect.get(error, 'json') : undefined;
  const message = typeof json === 'object' && json !== null ? Reflect.get(json, 'message') : undefined;
  if (typeof message === 'string' && message !== '') return message.trim();
  return (error instanceof Error ? error.message : String(error)).replace(/^\(HTTP code \d+\) [a-z ]+ - /, '').trim();
}

/** Whether the connection to the engine broke. */
export function isLost(error: unknown): boolean {
  const code = errorCode(error) ?? '';
  // A missing file of ours has the same code as a missing socket.
  if (code === 'ENOENT') return error instanceof Error && Reflect.get(error, 'syscall') === 'connect';
  return statusOf(error) === undefined && lostCodes.has(code);
}

/**
 * What an engine's operation rejects with: the signal's reason once it is aborted, a `Failure` as it is,
 * `build.engine-lost` where the connection broke, `build.disk-full` where this host's disk is, `code` where a file of
 * this host is in the way or the engine refuses in its own words; anything else, a bug, as it is.
 */
export function asFailure(error: unknown, code: FailureCode, doing: string, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof Failure) return error;
  if (isLost(error)) {
    const remedy = 'See whether the engine still runs and has room, then run the same command again.';
    return new Failure('build.engine-lost', { message: `The engine went away while ${doing}`, remedy, cause: error });
  }
  const path = error instanceof Error ? Reflect.get(error, 'path') : undefined;
  if (typeof path === 'string') return diskFailure(error, code, doing, path);
  if (statusOf(error) === undefined) return error;
  return new Failure(code, { message: `The engine refused while ${doing}: ${engineMessage(error)}`, cause: error });
}

function diskFailure(cause: unknown, code: FailureCode, doing: string, where: string): Failure {
  if (errorCode(cause) === 'ENOSPC') {
    const remedy = 'Free space on this machine, then run the same command again.';
    return new Failure('build.disk-full', {
      message: `This machine's disk is full, while ${doing}`,
      where,
      remedy,
      cause,
    });
  }
  const remedy = 'See whether the file is there, may be read, and is left alone meanwhile.';
  return new Failure(code, {
    message: `A file stands in the way while ${doing}: ${describeError(cause)}`,
    where,
    remedy,
    cause,
  });
}
