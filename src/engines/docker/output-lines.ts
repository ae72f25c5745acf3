import { StringDecoder } from 'node:string_decoder';

/** Longest line that is kept in one piece, in characters: a build that never ends a line must not fill the memory. */
const longestLine = 64 * 1024;

/** Cuts a text that comes in chunks into lines; of a line drawn over itself with carriage returns the last form counts. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #emit: (line: string) => void;
  #rest = '';

  constructor(emit: (line: string) => void) {
    this.#emit = emit;
  }

  write(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#emit(lastForm(line));
    if (this.#rest.length > longestLine) this.end();
  }

  end(): void {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = '';
    if (rest !== '') this.#emit(lastForm(rest));
  }
}

function lastForm(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  return text.slice(text.lastIndexOf('\r') + 1);
}

/**
 * Reads a container's output as the engine multiplexes it: frames of an eight byte header (stream, three zeroes, length)
 * and data (Engine API, "Attach to a container: Stream format"). Each of the two streams is cut into lines of its own.
 */
export async function readContainerOutput(
  stream: AsyncIterable<Buffer>,
  onLine: (line: string, from: 'stdout' | 'stderr') => void,
): Promise<void> {
  const splitters = {
    stdout: new LineSplitter((line) => onLine(line, 'stdout')),
    stderr: new LineSplitter((line) => onLine(line, 'stderr')),
  };
  for await (const [from, data] of readFrames(stream)) splitters[from].write(data);
  splitters.stdout.end();
  splitters.stderr.end();
}

async function* readFrames(stream: AsyncIterable<Buffer>): AsyncGenerator<['stdout' | 'stderr', Buffer]> {
  let header = Buffer.alloc(0);
  let left = 0;
  let from: 'stdout' | 'stderr' = 'stdout';
  for await (const chunk of stream) {
    let at = 0;
    while (at < chunk.length) {
      if (left === 0) {
        const part = chunk.subarray(at, at + 8 - header.length);
        header = Buffer.concat([header, part]);
        at += part.length;
        if (header.length < 8) continue;
        from = header[0] === 2 ? 'stderr' : 'stdout';
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
        continue;
      }
      const data = chunk.subarray(at, at + left);
      at += data.length;
      left -= data.length;
      yield [from, data];
    }
  }
}

/** The last `limit` lines that went through. */
export class Tail {
  readonly #lines: string[] = [];
  readonly #limit: number;

  constructor(limit = 20) {
    this.#limit = limit;
  }

  push(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > this.#limit) this.#lines.shift();
  }

  get lines(): readonly string[] {
    return [...this.#lines];
  }
}
