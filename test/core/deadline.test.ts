import { expect, test } from 'vitest';
import { withDeadline } from '../../src/core/deadline.js';

/** Work that only its signal ends. */
function endless(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

test('what answers in time is the answer, and nothing is left to wait for', async () => {
  expect(await withDeadline(60_000, undefined, async () => 'answer')).toBe('answer');
});

test('what never answers is given up', async () => {
  await expect(withDeadline(20, new AbortController().signal, endless)).rejects.toThrow('no answer within 0 s');
});

test('a signal ends it with its own reason, before or during the work', async () => {
  const controller = new AbortController();
  const running = withDeadline(60_000, controller.signal, endless);
  controller.abort(new Error('Interrupted'));
  await expect(running).rejects.toThrow('Interrupted');
  await expect(withDeadline(60_000, controller.signal, endless)).rejects.toThrow('Interrupted');
});
