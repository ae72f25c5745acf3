/** One release line of Node. */
export interface NodeRelease {
  readonly major: number;
  /** LTS code name in lower case; undefined for a line that is not LTS, or not yet. */
  readonly codename?: string;
  /** Major of the npm that comes with it. */
  readonly npm: number;
  /** Day of its first release, `YYYY-MM-DD`. */
  readonly released: string;
}

/** What is known of Node's releases, and as of which day: nothing here ever asks a clock or the network. */
export interface VersionTable {
  /** Newest first. */
  readonly releases: readonly NodeRelease[];
  /** `YYYY-MM-DD` */
  readonly asOf: string;
  /** The file it was read from; undefined for the table that comes with Slipway. */
  readonly file?: string;
}

/** Source: https://github.com/nodejs/Release/blob/main/schedule.json and https://nodejs.org/dist/index.json. Data only: a new line is one row. */
export const builtInTable: VersionTable = {
  asOf: '2026-11-01',
  releases: [
    { major: 26, codename: 'lithium', npm: 11, released: '2026-04-22' },
    { major: 25, npm: 11, released: '2025-10-15' },
    { major: 24, codename: 'krypton', npm: 11, released: '2025-05-06' },
    { major: 23, npm: 10, released: '2024-10-16' },
    { major: 22, codename: 'jod', npm: 10, released: '2024-04-24' },
    { major: 21, npm: 10, released: '2023-10-17' },
    { major: 20, codename: 'iron', npm: 10, released: '2023-04-18' },
    { major: 19, npm: 9, released: '2022-10-18' },
    { major: 18, codename: 'hydrogen', npm: 10, released: '2022-04-19' },
    { major: 17, npm: 8, released: '2021-10-19' },
    { major: 16, codename: 'gallium', npm: 8, released: '2021-04-20' },
    { major: 15, npm: 7, released: '2020-10-20' },
    { major: 14, codename: 'fermium', npm: 6, released: '2020-04-21' },
    { major: 13, npm: 6, released: '2019-10-22' },
    { major: 12, codename: 'erbium', npm: 6, released: '2019-04-23' },
    { major: 11, npm: 6, released: '2018-10-23' },
    { major: 10, codename: 'dubnium', npm: 6, released: '2018-04-24' },
  ],
};

/** Last day with security fixes. Source: `end` of https://github.com/nodejs/Release/blob/main/schedule.json. */
const ends: Readonly<Record<number, string>> = {
  10: '2021-04-30',
  11: '2019-06-01',
  12: '2022-04-30',
  13: '2020-06-01',
  14: '2023-04-30',
  15: '2021-06-01',
  16: '2023-09-11',
  17: '2022-06-01',
  18: '2025-04-30',
  19: '2023-06-01',
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30',
};

/** The day after which a line has had no security fixes, where that day lies before the table's own; else undefined. */
export function endOfLife(table: VersionTable, major: number): string | undefined {
  const end = ends[major];
  return end !== undefined && end < table.asOf ? end : undefined;
}

/** The LTS lines, newest first. */
export function longTermReleases(table: VersionTable): readonly NodeRelease[] {
  return table.releases.filter((release) => release.codename !== undefined);
}

/**
 * What a project gets that leaves the choice open: the newest LTS line whose first release is a year old as of the table, so
 * that base images and prebuilt native modules are there; else the newest LTS line, else the newest line.
 */
export function preferredMajor(table: VersionTable): number {
  const yearBefore = `${Number(table.asOf.slice(0, 4)) - 1}${table.asOf.slice(4)}`;
  const lts = longTermReleases(table);
  return (lts.find((release) => release.released <= yearBefore) ?? lts[0] ?? table.releases[0])?.major ?? 0;
}
