import type { CiFacts } from '../core/history.js';

/** A process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a CI's variables were read to; an empty text stands for an absent one. */
export type CiReading = { readonly [K in keyof CiFacts]?: CiFacts[K] | string | boolean | undefined };

/** What follows a prefix; undefined where the text does not begin with it. */
export function afterPrefix(prefix: string, text = ''): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}
