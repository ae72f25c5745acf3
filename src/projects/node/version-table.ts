/** One release line of Node. */
export interface NodeRelease {
  readonly major: number;
  /** LTS code name in lower case; undefined for a line that never became LTS. */
  readonly codename?: string;
  /** Major of the npm that comes with it. */
  readonly npm: number;
}

/**
 * Release lines that have been published, newest first. Data only: a new line is one row here.
 * Source: https://github.com/nodejs/Release/blob/main/schedule.json, as of November 2026.
 */
export const nodeReleases: readonly NodeRelease[] = [
  { major: 26, codename: 'lithium', npm: 11 },
  { major: 25, npm: 11 },
  { major: 24, codename: 'krypton', npm: 11 },
  { major: 23, npm: 10 },
  { major: 22, codename: 'jod', npm: 10 },
  { major: 21, npm: 10 },
  { major: 20, codename: 'iron', npm: 10 },
  { major: 19, npm: 9 },
  { major: 18, codename: 'hydrogen', npm: 10 },
  { major: 17, npm: 8 },
  { major: 16, codename: 'gallium', npm: 8 },
  { major: 15, npm: 7 },
  { major: 14, codename: 'fermium', npm: 6 },
  { major: 13, npm: 6 },
  { major: 12, codename: 'erbium', npm: 6 },
  { major: 11, npm: 6 },
  { major: 10, codename: 'dubnium', npm: 6 },
];

/**
 * What a project gets that leaves the choice open: an LTS line that has had a year to settle (base images, prebuilt
 * native modules). Moved on by hand together with the table.
 */
export const preferredMajor = 24;
