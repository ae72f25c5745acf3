import type { Image, Plan, Release } from '../core/plan.js';

/** What a hand-over file looks like: indented JSON, one newline at the end. `plan-file.ts` reads it again. */
export function formatHandOver(value: Plan | Image | Release): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
