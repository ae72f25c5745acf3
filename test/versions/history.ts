import { Failure } from '../../src/core/failure.js';
import type { CiFacts, GitFacts } from '../../src/core/history.js';
import { decideVersion, type VersionDecision } from '../../src/versions/decide-version.js';
import { chooseBaseTag } from '../../src/versions/release-tags.js';
import type { VersionRules } from '../../src/versions/rules.js';

export const revision = '0123456789abcdef0123456789abcdef01234567';
export const otherRevision = 'fedcba9876543210fedcba9876543210fedcba98';
export const noCi: CiFacts = { name: 'none' };

/** A history in short. What is not said: on `main`, clean, whole, no tags, distance 0. */
export interface History {
  /** Tags on the head commit. */
  readonly on?: readonly string[];
  /** Tags on commits that the head can reach. */
  readonly behind?: readonly string[];
  /** Tags that only other branches have. */
  readonly elsewhere?: readonly string[];
  readonly distance?: number;
  readonly branch?: string | null;
  readonly dirty?: string;
  readonly shallow?: boolean;
  readonly revision?: string | null;
  readonly parents?: readonly string[];
}

/** Facts as the reader of git gives them: the base is the one that the rules choose. */
export function facts(history: History, rules: VersionRules = {}): GitFacts {
  const { on = [], behind = [], elsewhere = [] } = history;
  const baseTag = chooseBaseTag([...on, ...behind], rules);
  const head = history.revision === null ? undefined : (history.revision ?? revision);
  return {
    ...(head !== undefined && { revision: head, committedAt: '2024-02-03T02:05:06Z' }),
    ...(history.branch !== null && { branch: history.branch ?? 'main' }),
    ...(baseTag !== undefined && { baseTag }),
    ...(history.dirty !== undefined && { dirtyDigest: history.dirty }),
    dirty: history.dirty !== undefined,
    exactTags: on,
    knownTags: [
      ...on.map((name) => ({ name, commit: head ?? '' })),
      ...[...behind, ...elsewhere].map((name) => ({ name, commit: otherRevision })),
    ],
    parents: history.parents ?? [],
    distance: history.distance ?? 0,
    shallow: history.shallow ?? false,
  };
}

export function decide(history: History, ci: Partial<CiFacts> = {}, rules: VersionRules = {}): VersionDecision {
  return decideVersion(facts(history, rules), { ...noCi, ...ci }, rules);
}

/** The version and the moving tags, with spaces between them: `1.2.3 1.2 1 latest`. */
export function namesOf({ plan }: VersionDecision): string {
  return [plan.version, ...(plan.moving ?? []).map(({ tag }) => tag)].join(' ');
}

/** The failure that deciding ends with; throws where it does not. */
export function refusal(history: History, ci: Partial<CiFacts> = {}, rules: VersionRules = {}): Failure {
  try {
    const names = namesOf(decide(history, ci, rules));
    throw new Error(`It was not refused: ${names}`);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
