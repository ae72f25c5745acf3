/**
 * Do something that a signal ends, or that is given up after some milliseconds. A timer of its own instead of
 * `AbortSignal.any([signal, AbortSignal.timeout(…)])`: in Node 20 such a signal may be collected before it fires, and its
 * timer keeps no process alive, so that a peer which never answers is waited for without end.
 */
export async function withDeadline<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(signal?.reason);
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(() => {
    controller.abort(new Error(`no answer within ${Math.round(milliseconds / 1000)} s`));
  }, milliseconds);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
