/**
 * The parts that a template of a version may name, and what each stands for. A closed set: any other name is refused when
 * the settings are read.
 */
export const versionParts = {
  base: 'the version that comes next: 1.2.4',
  major: 'its first number',
  minor: 'its second number',
  patch: 'its third number',
  branch: "the branch's name as an identifier; pr-15 in a pull request",
  distance: 'commits since the last release',
  commit: 'g and 7 hex digits of the commit',
  sha: "the commit's full id",
  date: "the commit's day in UTC: 20240203",
  time: "the commit's time of day in UTC: 020506",
  run: "the CI's run number",
  file: "the version that the project's own file states",
} as const;

/** The name of a part. */
export type VersionPart = keyof typeof versionParts;

/** Parts of which at least one must be there: without any, all commits would have one name. */
const tellingParts: readonly VersionPart[] = ['distance', 'commit', 'sha', 'time', 'run', 'file'];

const anyPart = `\\{(?:${Object.keys(versionParts).join('|')})\\}`;

/** A whole template: parts in braces, and between them what a version may hold. */
export const versionTemplatePattern = new RegExp(
  `^(?=.*\\{(?:${tellingParts.join('|')})\\})(?:[A-Za-z0-9_]|${anyPart})(?:[A-Za-z0-9_.+-]|${anyPart})*$`,
);

/** What a template must be; ends the sentence "It must be …". */
export const versionTemplateExpects = `a text of A–Z a–z 0–9 _ . + - and the parts ${Object.keys(versionParts)
  .map((part) => `{${part}}`)
  .join(' ')}, at least one of ${tellingParts.map((part) => `{${part}}`).join(' ')} among them`;
