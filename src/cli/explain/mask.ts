/**
 * Text of a project as it may stand on a screen and in a CI's log. What looks like a secret becomes `***`: rather a
 * harmless word too many than a password. Every pattern is linear, as the text is anybody's.
 */

const names = 'password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential';

/** `name = value` in the ways that properties, YAML, JSON, XML, shells and programs write it. */
const assigned = new RegExp(
  `((?:${names})[\\w.-]{0,40}["'\`]?[ \\t]{0,8}(?:=>|:=|[:=>])[ \\t]{0,8})("[^"]*"?|'[^']*'?|[^\\s"'\`,;<&|)}\\]]+)`,
  'gi',
);

/** `--password hunter2` */
const option = new RegExp(`(--(?:[\\w-]{0,20}-)?(?:${names})[ \\t]{1,8})([^\\s"'\`]+)`, 'gi');

/** The password of `https://user:password@host`. */
const inAddress = /(:\/\/[^\s/:@"'<>]{0,200}:)[^\s/@"'<>]{1,500}@/g;

/** Headers, and tokens that services mark as theirs (GitHub, GitLab, npm, Slack, AWS, JSON Web Tokens). */
const wellKnown = [
  /(\b(?:Bearer|Basic)\s)[\w+/=.~-]{8,}/g,
  /(\b)(?:gh[pousr]_|github_pat_|glpat-|npm_|xox[abeprs]-)[\w-]{10,}/g,
  /(\b)AKIA[0-9A-Z]{16}\b/g,
  /(\b)eyJ[\w-]{10,}\.[\w-]+(?:\.[\w-]+)?/g,
];

const opaque = /[A-Za-z0-9+_=-]{32,}/g;

const secretName = new RegExp(names, 'i');

/** Whether what is called so looks like a secret: `DB_PASSWORD`. */
export function isSecretName(name: string | undefined): boolean {
  return name !== undefined && secretName.test(name);
}

/** The text without its secrets. */
export function maskSecrets(text: string): string {
  const named = text.replace(inAddress, '$1***@').replace(option, '$1***').replace(assigned, maskAssigned);
  const known = wellKnown.reduce((masked, pattern) => masked.replace(pattern, '$1***'), named);
  return known.replace(opaque, (word) => (looksRandom(word) ? '***' : word));
}

/** The quotes stay, and a reference to a variable is no secret: `token: ${TOKEN}`. */
function maskAssigned(_whole: string, name: string, value: string): string {
  const quote = /^["']/.exec(value)?.[0] ?? '';
  const bare = value.slice(quote.length, quote !== '' && value.endsWith(quote) ? -1 : undefined);
  if (bare === '' || /^\$(?:\{[\w.-]+|\w+$|\(\w+)$/.test(bare)) return `${name}${value}`;
  return `${name}${quote}***${quote}`;
}

/** Digits, capitals and small letters in one long word: keys and hashes, no name that a person gives. */
function looksRandom(word: string): boolean {
  return /\d/.test(word) && /[A-Z]/.test(word) && /[a-z]/.test(word);
}
