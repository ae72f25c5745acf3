import semver from 'semver';
import { Failure } from '../../core/failure.js';
import { type Evidence, type Fact, fact, type Hints, type Rejected } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { jsonAt, jsonElements, jsonText } from '../../formats/json-document.js';
import { hinted, hintText } from './hints.js';
import { findGap, type Gap } from './lockfile-step.js';
import { findLockfiles, type Lockfile, type Manager, managers } from './lockfiles.js';
import { lineOf, type Manifest, plainText } from './manifest.js';
import { expandGlobs } from './member-globs.js';
import type { VersionTable } from './version-table.js';
import { manifestIn, workspaceGlobs } from './workspaces.js';
import { checkedInYarn } from './yarn-settings.js';

/** The facts about what installs the dependencies. */
export interface ManagerFacts {
  readonly manager: Fact;
  readonly version: Fact;
  /** npm's own name for the manager at its version, e.g. `pnpm@9.12.0`; undefined: the npm that the builder has. */
  readonly exact?: Fact;
  /** The manager's lockfile; undefined where there is none. */
  readonly lockfile?: Fact;
  /** False where the lockfile lacks what a manifest asks for; undefined: installed exactly as it is. */
  readonly frozen?: Fact;
}

/** The Node that was chosen, and the table that knows its npm. */
export interface NodeLine {
  readonly major: string;
  readonly table: VersionTable;
}

interface Statement extends Evidence {
  readonly manager: Manager;
  /** A semver range or version; undefined where only the manager is stated. */
  readonly range?: string;
}

/**
 * Who installs, at which major, from which lockfile. Order: `packageManager`, `devEngines.packageManager`, lockfile, npm; of
 * two lockfiles the stated manager's, else the first that has all that the manifests ask for, of pnpm, bun, yarn, npm (the last is
 * the one most often left over from a change of managers); what was not taken is rejected. Version: stated, else `engines.<manager>`, else what wrote
 * the lockfile. Throws `detect.unsupported` for a manager hint that is none of the four.
 */
export function detectManager(tree: SourceTree, manifest: Manifest, node: NodeLine, hints: Hints): ManagerFacts {
  const locks = findLockfiles(tree);
  const stated = [...checkedIn(tree), ...statementsIn(manifest)];
  const gaps = new Map(locks.map((lock) => [lock, gapIn(tree, manifest, lock)]));
  const manager = hinted('node.package-manager', chooseManager(stated, locks, gaps), hints);
  const name = parseManager(manager.value);
  const lock = locks.find((one) => one.manager === name);
  const statement = stated.find((one) => one.manager === name && one.range !== undefined) ?? engineOf(manifest, name);
  refuseOlder(name, statement, lock);
  const version = versionOf(name, statement, lock, node);
  const major = hinted('node.package-manager.version', version.major, hints);
  const hint = hintText(hints, 'node.package-manager.version');
  const exact = hinted('node.package-manager.exact', exactOf(name, hint ?? version.range, major), hints);
  return {
    manager,
    version: major,
    ...(exact.value !== 'npm' && { exact }),
    ...(lock && { lockfile: lockFact(lock, locks) }),
    ...frozenFact(lock && gaps.get(lock)),
  };
}

function parseManager(value: unknown): Manager {
  const manager = managers.find((one) => one === value);
  if (manager) return manager;
  throw new Failure('detect.unsupported', {
    message: `'${String(value).slice(0, 40)}' is no package manager that Slipway knows`,
    remedy: 'Set node.package-manager to one of the candidates.',
    candidates: managers,
  });
}

/** Whatever yarn is started hands over to a release that is checked in: it goes before `packageManager`. */
function* checkedIn(tree: SourceTree): Generator<Statement> {
  const yarn = checkedInYarn(tree);
  if (yarn)
    yield {
      manager: 'yarn',
      range: yarn.version,
      file: yarn.file ?? '',
      ...(yarn.line && { line: yarn.line }),
      because: yarn.because,
    };
}

/** A manager that cannot read the lockfile would install something else, or fail in the builder after minutes. */
function refuseOlder(manager: Manager, stated: Statement | undefined, lock: Lockfile | undefined): void {
  if (!stated?.range || !lock?.oldest || semver.intersects(stated.range, `>=${lock.oldest}`)) return;
  throw new Failure('detect.unsupported', {
    message: `${stated.because}, but ${lock.file} needs ${manager} ${lock.oldest} or later (${lock.because})`,
    where: stated.line ? `${stated.file}:${stated.line}` : (stated.file ?? 'package.json'),
    remedy: `Name ${manager} ${lock.oldest} or later there, or write ${lock.file} anew with the version that is named.`,
  });
}

function gapIn(tree: SourceTree, manifest: Manifest, lock: Lockfile): Gap | undefined {
  const folders = expandGlobs(tree, workspaceGlobs(tree, manifest));
  const members = folders.flatMap((folder) => {
    const member = manifestIn(tree, folder);
    return member ? [[folder, member] as const] : [];
  });
  return findGap(tree, lock, [['', manifest], ...members]);
}

function frozenFact(gap: Gap | undefined): { readonly frozen?: Fact } {
  if (!gap) return {};
  const because = `${gap.because}: installed as the lockfile has it as far as that goes, the rest as of today`;
  return { frozen: fact(false, { file: gap.file, line: gap.line, because }) };
}

function* statementsIn(manifest: Manifest): Generator<Statement> {
  const field = plainText(manifest, 'packageManager');
  const pinned = /^(npm|yarn|pnpm|bun)@(.+)$/.exec(field ?? '');
  if (field && pinned) {
    yield statement(
      pinned[1],
      pinned[2]?.split('+')[0],
      'packageManager',
      manifest,
      lineOf(manifest, 'packageManager'),
    );
  }
  const dev = jsonAt(manifest.root, 'devEngines', 'packageManager');
  for (const one of Array.isArray(dev?.value) ? jsonElements(dev) : dev ? [dev] : []) {
    const name = jsonText(one, 'name');
    if (!managers.some((manager) => manager === name)) continue;
    yield statement(name, jsonText(one, 'version'), 'devEngines.packageManager', manifest, jsonAt(one, 'name')?.line);
  }
}

function engineOf(manifest: Manifest, manager: Manager): Statement | undefined {
  const range = plainText(manifest, 'engines', manager);
  if (range === undefined) return undefined;
  const engine = statement(manager, range, `engines.${manager}`, manifest, lineOf(manifest, 'engines', manager));
  // npm comes with Node: a range it should be in is a wish, not a pin.
  return engine.range !== undefined && (manager !== 'npm' || semver.valid(engine.range)) ? engine : undefined;
}

function statement(
  manager: string | undefined,
  version: string | undefined,
  what: string,
  manifest: Manifest,
  line: number | undefined,
): Statement {
  const range = version === undefined || version.length > 60 ? null : semver.validRange(version);
  const shown = `${manager}${version === undefined ? '' : `@${version.slice(0, 60)}`}`;
  return {
    manager: parseManager(manager),
    file: manifest.path,
    ...(line && { line }),
    because: range === null && version !== undefined ? `${what} names ${manager}` : `${what} is ${shown}`,
    ...(range && range !== '*' && version && { range: semver.valid(version) ?? range }),
  };
}

function chooseManager(
  stated: readonly Statement[],
  locks: readonly Lockfile[],
  gaps: ReadonlyMap<Lockfile, Gap | undefined>,
): Fact {
  const [first] = stated;
  const inStep = locks.find((lock) => gaps.get(lock) === undefined);
  const chosen = first?.manager ?? (inStep ?? locks[0])?.manager ?? 'npm';
  const from: Evidence[] = stated.filter((one) => one.manager === chosen).map(evidenceOf);
  for (const lock of locks)
    if (lock.manager === chosen) from.push({ file: lock.file, because: `${lock.file} is there` });
  if (from.length === 0) from.push({ because: 'nothing names a package manager' });
  const rejected: Rejected[] = [
    ...stated.filter((one) => one.manager !== chosen).map((one) => ({ ...evidenceOf(one), value: one.manager })),
    ...locks
      .filter((lock) => lock.manager !== chosen)
      .map((lock) => ({ file: lock.file, because: tooBecause(lock, gaps.get(lock)), value: lock.manager })),
  ];
  return fact(chosen, from, rejected);
}

function evidenceOf({ file, line, because }: Statement): Evidence {
  return { ...(file && { file }), ...(line && { line }), because };
}

function versionOf(
  manager: Manager,
  stated: Statement | undefined,
  lock: Lockfile | undefined,
  node: NodeLine,
): { readonly major: Fact; readonly range?: string } {
  if (stated?.range) {
    const major = majorOf(stated.range, lock);
    return { major: fact(String(major), evidenceOf(stated)), range: stated.range };
  }
  if (lock?.major) return { major: fact(lock.major, { file: lock.file, line: lock.line ?? 1, because: lock.because }) };
  if (manager === 'npm') {
    const npm =
      node.table.releases.find((release) => String(release.major) === node.major)?.npm ?? node.table.releases[0]?.npm;
    if (lock?.oldest === '7.0.0' && Number(npm) < 7) {
      // The last npm that runs on every Node that brings npm 6.
      const because = `${lock.because}, which the npm ${npm} of Node ${node.major} cannot read`;
      return { major: fact('8', { file: lock.file, line: lock.line ?? 1, because }), range: '8' };
    }
    return { major: fact(String(npm), { because: `the npm that comes with Node ${node.major}` }) };
  }
  return { major: fact(usualMajors[manager], { because: `nothing states a version of ${manager}` }) };
}

const usualMajors = { yarn: '1', pnpm: '10', bun: '1' } as const;

/** Of a range's majors the one that wrote the lockfile, else the lowest: what the author certainly had. */
function majorOf(range: string, lock: Lockfile | undefined): number {
  const lowest = semver.minVersion(range)?.major ?? 0;
  return lock?.major && semver.intersects(range, `^${lock.major}.0.0`) ? Number(lock.major) : lowest;
}

function tooBecause(lock: Lockfile, gap: Gap | undefined): string {
  return `${lock.file} is there too${gap ? `, out of step with ${gap.file}: ${gap.because}` : ''}`;
}

/** yarn's second and later majors are published as another npm package. */
function exactOf(manager: Manager, range: string | undefined, major: Fact): Fact {
  const name = manager === 'yarn' && major.value !== '1' ? '@yarnpkg/cli-dist' : manager;
  if (range === undefined && manager === 'npm') return fact('npm', major.from);
  const version = range !== undefined && semver.validRange(range) !== null ? range : String(major.value);
  const within = narrowest(version, String(major.value));
  return fact(`${name}@${within}`, major.from);
}

/** The range as a version, a minor or a major, since that is all that goes into the name of a package without quoting. */
function narrowest(range: string, major: string): string {
  if (semver.valid(range) || /^\d+$/.test(range)) return range;
  const lowest = semver.minVersion(range);
  const minor = lowest ? `${lowest.major}.${lowest.minor}` : major;
  return lowest && semver.subset(range, `${minor}.x`) ? minor : major;
}

function lockFact(lock: Lockfile, all: readonly Lockfile[]): Fact {
  const others = all.filter((one) => one !== lock);
  return fact(
    lock.file,
    { file: lock.file, because: `the lockfile of ${lock.manager}` },
    others.map((one) => ({ value: one.file, file: one.file, because: `the lockfile of ${one.manager}` })),
  );
}
