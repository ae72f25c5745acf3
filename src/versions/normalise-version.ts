import parse from 'semver/functions/parse.js';

/** In UTF-16 units, as semver has it. */
const longest = 256;

/**
 * What a file states, as SemVer; undefined for what has no place in its order (four numbers, `1.0.0.Final`, `1.0.post1`).
 * `-SNAPSHOT` and `.dev1` say "on the way to", which every commit without a release tag is: they are left out. `1.4` is 1.4.0,
 * as Maven and PEP 440 compare it; `1.4rc1` is 1.4.0-rc.1 (https://peps.python.org/pep-0440/#pre-releases).
 */
export function normaliseVersion(written: string): string | undefined {
  if (written.length > longest) return undefined;
  const text = written
    .trim()
    .replace(/^v/, '')
    .replace(/-SNAPSHOT$/, '')
    .replace(/\.dev\d*$/, '');
  const parts = /^(\d{1,15}(?:\.\d{1,15}){0,2})(.*)$/s.exec(text);
  if (parts === null) return undefined;
  const [, numbers = '', rest = ''] = parts;
  const filled = [...numbers.split('.'), '0', '0'].slice(0, 3).join('.');
  const candidate = /^[-_.]?(a|b|rc)[-_.]?(\d{1,9})$/.exec(rest);
  const version = parse(
    candidate === null || rest.startsWith('-') ? `${filled}${rest}` : `${filled}-${candidate[1]}.${candidate[2]}`,
  );
  return version === null ? undefined : version.version;
}
