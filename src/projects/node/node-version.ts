import { Failure } from '../../core/failure.js';
import { type Evidence, type Fact, fact, type Rejected } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { jsonAt, jsonElements, jsonText } from '../../formats/json-document.js';
import { readMiseTools, readToolVersions } from '../../formats/version-files.js';
import { headOf } from './lockfiles.js';
import { lineOf, type Manifest, plainText, readManifest } from './manifest.js';
import { type SolvedVersion, solveNodeVersion } from './solve-version.js';
import { normalisePath } from './sources.js';
import { endOfLife, preferredMajor, type VersionTable } from './version-table.js';

interface Statement extends Evidence {
  readonly spec: string;
}

/**
 * The major of Node that the project states, never that of this machine. In this order, the most exact and most local
 * statement first: `volta.node` (through `volta.extends` too), `.nvmrc`, `.node-version`, `.tool-versions`, `mise.toml`, pnpm's
 * `useNodeVersion`, `devEngines.runtime`, `engines.runtime`, `engines.node`; without any, the preferred LTS of the table. The
 * first that is understood decides; the others are rejected ones. Throws `detect.unsupported` when there are statements and none
 * is understood.
 */
export function detectNodeVersion(tree: SourceTree, manifest: Manifest, table: VersionTable): Fact {
  const statements = [...statementsIn(tree, manifest)];
  const solved = statements.map((statement) => ({ statement, solution: solveNodeVersion(statement.spec, table) }));
  const decider = solved.find((one) => one.solution !== undefined);
  if (!decider?.solution) {
    if (statements[0]) throw notUnderstood(statements, table);
    const because = 'no file states a version of Node: the preferred LTS';
    const major = String(preferredMajor(table));
    return fact(major, [{ because }, tableOf(table)], ageOf(tree, { major }));
  }
  const others = solved.filter((one) => one !== decider);
  const agreeing = others.filter((one) => one.solution?.major === decider.solution?.major);
  const contradicting = others.filter((one) => !agreeing.includes(one));
  return fact(
    decider.solution.major,
    [
      ...[decider, ...agreeing].map((one) => evidenceOf(one.statement, one.solution)),
      ...(decider.solution.because === undefined ? [] : [tableOf(table)]),
      ...endOf(table, decider.solution),
    ],
    [
      ...contradicting.map((one) => rejectedOf(one.statement, one.solution, decider.statement)),
      ...ageOf(tree, decider.solution),
    ],
  );
}

/**
 * A lockfile of version 1 is of npm 6 or older, which came with Node 14 and older: the project may never have run on what it is given
 * (https://docs.npmjs.com/cli/configuring-npm/package-lock-json#lockfileversion).
 */
function ageOf(tree: SourceTree, { major }: SolvedVersion): readonly Rejected[] {
  if (Number(major) < 16) return [];
  for (const file of ['npm-shrinkwrap.json', 'package-lock.json']) {
    const head = headOf(tree, file);
    const index = head.findIndex((line) => /^\s{0,8}"lockfileVersion":\s{0,4}1\b/.test(line));
    const because =
      'lockfileVersion 1 was written by the npm of Node 14 or older, and nothing rules newer ones out: native modules of that age may not build';
    if (index >= 0) return [{ file, line: index + 1, value: '14', because }];
  }
  return [];
}

/** Which table decided where the statement leaves a choice. */
function tableOf({ file, asOf }: VersionTable): Evidence {
  if (file !== undefined) return { file, because: `the project's table of Node releases, up to ${asOf}` };
  return { because: `by Slipway's table of Node releases of ${asOf}` };
}

function endOf(table: VersionTable, { major }: SolvedVersion): readonly Evidence[] {
  const end = endOfLife(table, Number(major));
  return end === undefined ? [] : [{ because: `end of life: Node ${major} gets no security fixes since ${end}` }];
}

function evidenceOf({ spec: _, ...evidence }: Statement, solution: SolvedVersion | undefined): Evidence {
  return solution?.because ? { ...evidence, because: `${evidence.because}: ${solution.because}` } : evidence;
}

function rejectedOf(statement: Statement, solution: SolvedVersion | undefined, decider: Statement): Rejected {
  const { because, spec, ...place } = statement;
  if (!solution) return { ...place, value: spec.slice(0, 100), because: `${because}: not a version that is known` };
  return { ...place, value: solution.major, because: `${because}, but ${decider.because}` };
}

function* statementsIn(tree: SourceTree, manifest: Manifest): Generator<Statement> {
  yield* voltaIn(tree, manifest);
  for (const file of ['.nvmrc', '.node-version']) yield* firstLineOf(tree, file);
  for (const file of ['.tool-versions', ...miseFiles]) {
    const read = file === '.tool-versions' ? readToolVersions : readMiseTools;
    const tool = read(tree.read(file) ?? '').find((one) => one.tool === 'node' || one.tool === 'nodejs');
    yield* stated(tool?.version, tool?.tool ?? '', file, tool?.line);
  }
  yield* settingIn(tree, '.npmrc', /^use-node-version\s*=\s*["']?([^\s"']+)/);
  yield* settingIn(tree, 'pnpm-workspace.yaml', /^useNodeVersion:\s*["']?([^\s"']+)/);
  for (const group of ['devEngines', 'engines']) yield* runtimesIn(manifest, group);
  yield* inManifest(manifest, 'engines', 'node');
}

/** In the order of https://mise.jdx.dev/configuration.html. */
const miseFiles = ['mise.toml', '.mise.toml', 'mise/config.toml', '.mise/config.toml', '.config/mise.toml'];

function inManifest(manifest: Manifest, ...path: readonly string[]): Generator<Statement> {
  return stated(plainText(manifest, ...path), path.join('.'), manifest.path, lineOf(manifest, ...path));
}

/** `extends` names another manifest that says what this one does not (https://docs.volta.sh/advanced/workspaces). */
function* voltaIn(tree: SourceTree, manifest: Manifest, seen: readonly string[] = []): Generator<Statement> {
  yield* inManifest(manifest, 'volta', 'node');
  const base = plainText(manifest, 'volta', 'extends');
  if (base === undefined || plainText(manifest, 'volta', 'node') !== undefined) return;
  const path = normalisePath(`${manifest.path.replace(/[^/]*$/, '')}${base}`);
  const next = path === undefined || seen.includes(path) || seen.length > 8 ? undefined : readManifest(tree, path);
  if (path !== undefined && next) yield* voltaIn(tree, next, [...seen, path]);
}

/** pnpm's own choice of Node (https://pnpm.io/settings#usenodeversion). */
function* settingIn(tree: SourceTree, file: string, pattern: RegExp): Generator<Statement> {
  const lines = (tree.read(file) ?? '').slice(0, 100_000).split(/\r?\n/);
  const index = lines.findIndex((line) => pattern.test(line));
  const name = file === '.npmrc' ? 'use-node-version' : 'useNodeVersion';
  yield* stated(pattern.exec(lines[index] ?? '')?.[1], name, file, index + 1);
}

function* stated(spec: string | undefined, what: string, file: string, line: number | undefined): Generator<Statement> {
  if (spec === undefined || spec.trim() === '') return;
  const shown = JSON.stringify(spec.trim().slice(0, 100)).slice(1, -1);
  yield { spec, file, ...(line && { line }), because: `${what} is ${shown}` };
}

function* firstLineOf(tree: SourceTree, file: string): Generator<Statement> {
  const lines = (tree.read(file) ?? '').split(/\r?\n/, 1000);
  const index = lines.findIndex((line) => line.replace(/#.*/, '').trim() !== '');
  yield* stated(lines[index]?.replace(/#.*/, ''), 'its version', file, index + 1);
}

function* runtimesIn(manifest: Manifest, group: string): Generator<Statement> {
  const runtime = jsonAt(manifest.root, group, 'runtime');
  const all = Array.isArray(runtime?.value) ? jsonElements(runtime) : runtime ? [runtime] : [];
  for (const one of all) {
    if (jsonText(one, 'name') !== 'node') continue;
    const version = jsonAt(one, 'version');
    yield* stated(jsonText(version), `${group}.runtime`, manifest.path, version?.line);
  }
}

function notUnderstood(statements: readonly Statement[], { asOf, file }: VersionTable): Failure {
  const [first] = statements;
  return new Failure('detect.unsupported', {
    message: `No known version of Node fits what the project states: ${statements.map((one) => one.because).join('; ')}`,
    where: first?.line ? `${first.file}:${first.line}` : (first?.file ?? 'package.json'),
    remedy: `State a released version there, or set node.version. The table of releases (${file ?? "Slipway's own"}) ends on ${asOf}; a newer .slipway/node-versions.json replaces it.`,
  });
}
