import type { Screen } from './explain/screen.js';
import { visible } from './explain/screen.js';
import { secretLines } from './secret-lines.js';

/** Lines around a change. */
const context = 3;

/**
 * A unified diff of a template, as `patch` reads it but for its secrets, which are masked: also where one has changed. Coloured where the
 * screen is; empty where the texts are the same. Ends with a newline.
 */
export async function formatTemplateDiff(path: string, before: string, after: string, screen: Screen): Promise<string> {
  if (before === after) return '';
  const { structuredPatch } = await import('diff');
  const { hunks } = structuredPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, { context });
  const masked = { before: secretLines(path, before), after: secretLines(path, after) };
  const paint = (code: number, text: string): string => (screen.color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const lines = [paint(1, `--- a/${path}`), paint(1, `+++ b/${path}`)];
  for (const hunk of hunks) {
    lines.push(paint(36, `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`));
    let [old, now] = [hunk.oldStart, hunk.newStart];
    for (const line of hunk.lines) {
      const sign = line[0] ?? '';
      const text =
        sign === '-'
          ? masked.before(old, line.slice(1))
          : sign === '+' || sign === ' '
            ? masked.after(now, line.slice(1))
            : line.slice(1);
      if (sign === '-' || sign === ' ') old += 1;
      if (sign === '+' || sign === ' ') now += 1;
      const shown = sign + (screen.color ? visible(text.replace(/\r$/, '')) : text);
      lines.push(sign === '-' ? paint(31, shown) : sign === '+' ? paint(32, shown) : shown);
    }
  }
  return `${lines.join('\n')}\n`;
}
