import { StringDecoder } from 'node:string_decoder';

/**
 * The engine's progress streams: one JSON object a line. Characters split between chunks are put together; a line that
 * is not JSON is passed over, since the end of the stream decides, not its middle.
 */
export async function* readJsonLines(stream: AsyncIterable<Buffer>): AsyncGenerator<object> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield* parseLine(line);
  }
  yield* parseLine(rest + decoder.end());
}

function* parseLine(line: string): Generator<object> {
  if (line.trim() === '') return;
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) yield value;
  } catch {
    // See above.
  }
}
