import { parseTag, type Tag } from '../core/image-name.js';

const longestBranch = 40;
const longestTag = 128;

/**
 * A branch's name as one SemVer pre-release identifier: `[0-9A-Za-z-]`, never a number (`007` would be invalid, and `12`
 * would sort as one), 40 characters at most. What was cut or lost altogether is replaced by a hash of the whole name. Two
 * branches may share an identifier (`a/b`, `a-b`): the commit id beside it keeps their versions apart.
 */
export function branchIdentifier(branch: string): string {
  const plain = branch
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/[^0-9A-Za-z-]+/g, '-')
    .replace(/^-+|-+$/g, '');
  if (plain === '') return `branch-${shortHash(branch)}`;
  if (/^\d+$/.test(plain)) return branchIdentifier(`branch-${plain}`);
  if (plain.length <= longestBranch) return plain;
  return `${plain.slice(0, longestBranch - 9).replace(/-+$/, '')}-${shortHash(branch)}`;
}

/**
 * A version as a tag: `+`, which the tag grammar has not, becomes `_`; what is longer than 128 characters is cut and ends
 * in a hash of the whole. Grammar: https://github.com/distribution/reference/blob/main/regexp.go.
 */
export function tagOfVersion(version: string): Tag {
  const text = version.replaceAll('+', '_');
  return parseTag(text.length <= longestTag ? text : `${text.slice(0, longestTag - 9)}-${shortHash(version)}`);
}

/** 8 hex digits, FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): keeps cut names apart, proves nothing. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
