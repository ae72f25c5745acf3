import type { Secret } from '../../core/secret.js';

/** Shorter values would hide half of an ordinary log, and are no secrets worth the name. */
const shortest = 4;

/** Replaces every given secret, also as base64 and percent-encoded, by `***`. */
export function maskOf(secrets: readonly Secret[]): (line: string) => string {
  const forms = new Set<string>();
  for (const secret of secrets) {
    const value = secret.reveal();
    if (value.length < shortest) continue;
    for (const form of [value, encodeURIComponent(value), Buffer.from(value).toString('base64')]) forms.add(form);
  }
  // The longest first: a secret may be the beginning of another.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (line) => ordered.reduce((text, form) => text.replaceAll(form, '***'), line);
}
