import { Failure } from '../core/failure.js';
import { parseTag, type Tag } from '../core/image-name.js';

const longestBranch = 40;
const longestTag = 128;

/**
 * A branch's name as one SemVer pre-release identifier: `[0-9A-Za-z-]`, never a number (`007` would be invalid, and `12`
 * would sort as one), 40 characters at most. What was cut or lost altogether is replaced by a hash of the whole name. Two
 * branches may share an identifier (`a/b`, `a-b`): the commit id beside it keeps their versions apart; where there is none,
 * `apart` ends every name that had to be changed in its hash.
 */
export function branchIdentifier(branch: string, apart = false): string {
  const plain = dashed(branch.normalize('NFKD').replace(/\p{Mark}/gu, ''));
  if (plain === '') return `branch-${shortHash(branch)}`;
  if (/^\d+$/.test(plain))
    return `${branchIdentifier(`branch-${plain}`, apart)}${apart ? `-${shortHash(branch)}` : ''}`;
  if (plain.length <= longestBranch && (!apart || plain === branch)) return plain;
  return `${plain.slice(0, longestBranch - 9).replace(/-+$/, '')}-${shortHash(branch)}`;
}

/** Other characters become dashes, and none stand at an end. Not a pattern for the end: it would look at every run of dashes. */
function dashed(text: string): string {
  const plain = text.replace(/[^0-9A-Za-z-]+/g, '-').replace(/^-+/, '');
  let end = plain.length;
  while (plain[end - 1] === '-') end--;
  return plain.slice(0, end);
}

/** A CI's number of a run as a part of a version: some let people write it (`accounts 20240203.1`), and other signs become `-`. */
export function runIdentifier(run: string): string {
  const plain = run.replace(/[^0-9A-Za-z_.-]+/g, '-').slice(0, longestBranch);
  return plain === run ? run : `${plain}-${shortHash(run)}`;
}

/**
 * Any text as a tag: `+`, which the tag grammar has not, becomes `_`; every other character outside of it becomes `-`, none
 * of them stand at the beginning, and a name that lost something, or is cut because it is longer than 128 characters, has a
 * hash of the whole, so that two names stay two. `end` is what of the text's end a cut must leave.
 * Grammar: https://github.com/distribution/reference/blob/main/regexp.go.
 *
 * Throws `settings.invalid` where nothing is left, or the name is one that moving tags have: `latest`, `1`, `1.2`.
 */
export function tagOfVersion(version: string, end = ''): Tag {
  const wanted = version.replaceAll('+', '_');
  const plain = wanted.replace(/[^A-Za-z0-9_.-]/g, '-').replace(/^[.-]+/, '');
  if (!/[A-Za-z0-9]/.test(plain)) throw unusable(version, 'No character of it is left in a tag');
  const tag = plain === wanted && plain.length <= longestTag ? plain : withHash(plain, shortHash(version), end);
  if (isMovingName(tag)) throw unusable(version, 'It is a name of tags that move');
  return parseTag(tag);
}

/** Names that only moving tags have: an image that was pushed under one would be taken for the newest release. */
export function isMovingName(tag: string): boolean {
  return /^(latest|v?\d+(\.\d+)?)$/i.test(tag);
}

function withHash(plain: string, hash: string, end: string): string {
  const kept = plain.endsWith(end) && end.length < longestTag / 2 ? end : '';
  const start = plain.slice(0, plain.length - kept.length).slice(0, longestTag - kept.length - hash.length - 1);
  return `${start}-${hash}${kept}`;
}

function unusable(version: string, message: string): Failure {
  return new Failure('settings.invalid', {
    message: `The version ${JSON.stringify(version.slice(0, 200))} cannot be the tag of an image: ${message}`,
    where: 'version.template',
    remedy: 'Put something beside it that is of this commit alone: {distance}, {commit}, or a word before the number.',
  });
}

/** 8 hex digits, FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): keeps names apart, proves nothing. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
