import { withDeadline } from '../core/deadline.js';
import { describeError } from '../core/failure.js';

const longestMilliseconds = 5_000;
/** Of an answer that never ends, so much is read. */
const longestBody = 65_536;

/** One GET of a service's own URL; redirects are not followed, as another place's answer is not the service's. Never throws but the signal's reason. */
export async function askHealth(
  url: string,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly body: string } | { readonly error: string }> {
  try {
    return await withDeadline(longestMilliseconds, signal, async (within) => {
      const answer = await fetch(url, { signal: within, redirect: 'manual', headers: { connection: 'close' } });
      return { status: answer.status, body: await readStart(answer) };
    });
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return { error: describeError(cause) };
  }
}

async function readStart(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = answer.body?.getReader();
  while (reader !== undefined && length < longestBody) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.byteLength;
  }
  await reader?.cancel();
  return Buffer.concat(parts).subarray(0, longestBody).toString('utf8');
}
