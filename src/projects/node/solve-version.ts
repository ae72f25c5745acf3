import semver from 'semver';
import { longTermReleases, preferredMajor, type VersionTable } from './version-table.js';

/** A version specification that was understood. */
export interface SolvedVersion {
  /** `22`. */
  readonly major: string;
  /** How the major follows from the specification; undefined where it is written there. */
  readonly because?: string;
}

/**
 * The major that a specification asks for: `22`, `v20.11.1`, `18.x`, `lts/jod`, `lts/*`, `lts/-1`, `node`, or any semver
 * range. A range that several lines satisfy gives the newest LTS up to the preferred line, else the nearest LTS above
 * it, else the newest other line. Undefined: not understood, or no known line satisfies it.
 */
export function solveNodeVersion(spec: string, table: VersionTable): SolvedVersion | undefined {
  const text = spec.trim().toLowerCase();
  return solveAlias(text, table) ?? solveExact(text, table) ?? solveRange(text, table);
}

/** Aliases of nvm (https://github.com/nvm-sh/nvm#usage), fnm, asdf and mise. `iojs`, `system` and the like name no release of Node. */
function solveAlias(text: string, table: VersionTable): SolvedVersion | undefined {
  const longTerm = longTermReleases(table);
  if (/^(node|latest|current|stable)$/.test(text)) return named(table.releases[0]?.major, 'the newest release line');
  if (/^(lts|lts[/-]\*|lts[/-]latest|--lts)$/.test(text)) return named(longTerm[0]?.major, 'the newest LTS line');
  const back = /^lts\/-(\d{1,2})$/.exec(text)?.[1];
  if (back) return named(longTerm[Number(back)]?.major, `${back} LTS lines before the newest`);
  const codename = /^(?:lts[/-])?([a-z]+)$/.exec(text)?.[1];
  return named(longTerm.find((release) => release.codename === codename)?.major, `the LTS line called ${codename}`);
}

function named(major: number | undefined, because: string): SolvedVersion | undefined {
  return major === undefined ? undefined : { major: String(major), because };
}

/** A line newer than the table's newest counts: the project states it, and its image may be there. */
function solveExact(text: string, table: VersionTable): SolvedVersion | undefined {
  const oldest = table.releases.at(-1)?.major ?? 0;
  const major = /^(?:node-|v)?=?v?(\d{1,3})(?:\.(?:\d{1,4}|x|\*)){0,2}(?:-[0-9a-z.-]{1,40})?$/.exec(text)?.[1];
  return major && Number(major) >= oldest ? { major: String(Number(major)) } : undefined;
}

function solveRange(text: string, table: VersionTable): SolvedVersion | undefined {
  if (text.length > 200) return undefined;
  const range = semver.validRange(text, { loose: true });
  if (range === null || text === '') return undefined;
  const fitting = majorsIn(range, table);
  const preferred = preferredMajor(table);
  const lts = longTermReleases(table)
    .map((release) => release.major)
    .filter((major) => fitting.includes(major));
  const major =
    lts.find((candidate) => candidate <= preferred) ?? lts.filter((one) => one > preferred).at(-1) ?? fitting[0];
  if (major === undefined) return undefined;
  if (!holdsNewest(range, major))
    return named(major, 'no line has its newest release in the range, this one an older one');
  if (fitting.length === 1) return { major: String(major) };
  return {
    major: String(major),
    because: `the ${lts.includes(major) ? 'LTS' : 'newest'} line taken of ${span(fitting)}`,
  };
}

/** Lines whose newest release is in the range, since that is what a base image has; else those with any release in it. */
function majorsIn(range: string, table: VersionTable): readonly number[] {
  const majors = table.releases.map((release) => release.major);
  const whole = majors.filter((major) => holdsNewest(range, major));
  return whole.length > 0 ? whole : majors.filter((major) => holdsPartOf(range, major));
}

function holdsNewest(range: string, major: number): boolean {
  return semver.satisfies(`${major}.999.999`, range, { loose: true });
}

function holdsPartOf(range: string, major: number): boolean {
  return semver.intersects(range, `>=${major}.0.0 <${major + 1}.0.0-0`, { loose: true });
}

function span(majors: readonly number[]): string {
  return `${majors.at(-1)} to ${majors[0]}`;
}
