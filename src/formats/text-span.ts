/** Part of a text: code unit offsets, the end exclusive. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** A span and what shall stand there instead. */
export interface Splice extends TextSpan {
  readonly text: string;
}

/** The text with some spans replaced, which do not overlap and are in order. */
export function spliceAll(text: string, splices: readonly Splice[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const splice of splices) {
    parts.push(text.slice(from, splice.start), splice.text);
    from = splice.end;
  }
  return [...parts, text.slice(from)].join('');
}

/** Answers the 1-based line of an offset. Lines end with LF, CRLF or CR. One pass over the text, then a binary search each. */
export function indexLines(text: string): (offset: number) => number {
  const starts = [0];
  if (text.includes('\r')) for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length);
  else for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
