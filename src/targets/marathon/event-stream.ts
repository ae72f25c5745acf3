/** A line or an event longer than this is not Marathon's: the connection is given up. */
const longest = 4 * 1024 * 1024;

/**
 * Read a `text/event-stream` (HTML standard, server-sent events) and hand on the data of each event, until the stream ends. Names and
 * ids of events are not used: Marathon repeats the type in the data. Rejects when the connection breaks or an event is longer than 4 MiB.
 */
export async function parseServerEvents(
  stream: ReadableStream<Uint8Array>,
  take: (data: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  let size = 0;
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    // A \r at the end may be half of \r\n.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data:')) {
        data.push(line.slice(5).replace(/^ /, ''));
        size += line.length;
      } else if (line === '' && data.length > 0) {
        take(data.join('\n'));
        data = [];
        size = 0;
      }
    }
    if (rest.length + size > longest) throw new Error('an event without end');
  }
}
