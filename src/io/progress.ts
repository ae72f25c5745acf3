import type { Progress } from '../core/progress.js';

/** How progress is shown. */
export interface ProgressOptions {
  readonly stream: { write(text: string): unknown; readonly columns?: number };
  /** Say nothing at all; a failure is printed by who catches it. */
  readonly quiet?: boolean;
  readonly color?: boolean;
  /** The stream is a terminal: a status replaces the one before. */
  readonly tty?: boolean;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

/** Milliseconds between two statuses: a terminal shows what the eye can follow, a log keeps what a person reads, and only what takes long. */
const pause = { terminal: 80, log: 5_000 };

/**
 * Progress for stderr. What builds and containers print is shown without the characters that could move the cursor, change
 * the title or fake a line of ours. Call `close` at the end: it removes a status that still stands.
 */
export function createProgress(options: ProgressOptions): Progress & { close(): void } {
  if (options.quiet) return { step() {}, output() {}, status() {}, info() {}, warn() {}, close() {} };
  const paint = options.color
    ? (code: number, text: string) => `\u001b[${code}m${text}\u001b[0m`
    : (_: number, text: string) => text;
  const statusLine = createStatusLine(options);
  function print(text: string): void {
    statusLine.clear();
    options.stream.write(`${text}\n`);
  }
  return {
    step: (title) => {
      statusLine.restart();
      print(paint(1, `==> ${sanitiseLine(title)}`));
    },
    output: (line) => print(`    ${sanitiseLine(line)}`),
    status: (text) => statusLine.show(sanitiseLine(text)),
    info: (text) => print(`    ${paint(32, sanitiseLine(text))}`),
    warn: (text) => print(`${paint(33, 'warning:')} ${sanitiseLine(text)}`),
    close: () => statusLine.clear(),
  };
}

interface StatusLine {
  show(text: string): void;
  clear(): void;
  /** A new step: a terminal shows its next status at once, a log only when the step takes long. */
  restart(): void;
}

function createStatusLine({ stream, tty, now }: ProgressOptions): StatusLine {
  let shownAt = tty ? Number.NEGATIVE_INFINITY : now();
  let shown = '';
  let stands = false;
  return {
    show(text) {
      if (now() - shownAt < (tty ? pause.terminal : pause.log) || text === shown) return;
      shownAt = now();
      shown = text;
      const line = `    ${text}`;
      stream.write(tty ? `\r\u001b[2K${line.slice(0, (stream.columns ?? 80) - 1)}` : `${line}\n`);
      stands = tty === true;
    },
    clear() {
      if (stands) stream.write('\r\u001b[2K');
      stands = false;
    },
    restart() {
      shown = '';
      shownAt = tty ? Number.NEGATIVE_INFINITY : now();
    },
  };
}

/** CSI, OSC, DCS, SOS, PM and APC sequences and two-character escapes, by their 7-bit and 8-bit introducers (ECMA-48 §5.3–5.6, §8.3). */
const escapeSequences = new RegExp(
  [
    '(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]?',
    '(?:\\u001b[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])[^\\u0007\\u001b\\u009c]*(?:\\u0007|\\u001b\\\\|\\u009c)?',
    '\\u001b[ -/]*[0-~]?',
  ].join('|'),
  'g',
);

/**
 * One line, as a terminal may have it: escape sequences are gone, of a line that overwrote itself the last state is left,
 * and other control and direction-changing characters are gone. Tabs become spaces.
 */
export function sanitiseLine(text: string): string {
  const plain = text.replace(escapeSequences, '').replace(/[\r\n]+$/, '');
  const last = plain.split(/\r|\n/).findLast((part) => part !== '') ?? '';
  return last.replaceAll('\t', '  ').replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '');
}
