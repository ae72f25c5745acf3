import { Failure } from '../../core/failure.js';
import { type Evidence, type Fact, fact, type Rejected } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { jsonAt, jsonElements, jsonText } from '../../formats/json-document.js';
import { readMiseTools, readToolVersions } from '../../formats/version-files.js';
import { lineOf, type Manifest, plainText } from './manifest.js';
import { type SolvedVersion, solveNodeVersion } from './solve-version.js';
import { preferredMajor } from './version-table.js';

interface Statement extends Evidence {
  readonly spec: string;
}

/**
 * The major of Node that the project states, never that of this machine. In this order, the most exact and most local
 * statement first: `volta.node`, `.nvmrc`, `.node-version`, `.tool-versions`, `mise.toml`, `devEngines.runtime`,
 * `engines.node`; without any, the preferred LTS. The first that is understood decides; the others are rejected ones.
 * Throws `detect.unsupported` when there are statements and none is understood.
 */
export function detectNodeVersion(tree: SourceTree, manifest: Manifest): Fact {
  const statements = [...statementsIn(tree, manifest)];
  const solved = statements.map((statement) => ({ statement, solution: solveNodeVersion(statement.spec) }));
  const decider = solved.find((one) => one.solution !== undefined);
  if (!decider?.solution) {
    if (statements[0]) throw notUnderstood(statements);
    return fact(String(preferredMajor), { because: 'no file states a version of Node: the preferred LTS' });
  }
  const others = solved.filter((one) => one !== decider);
  const agreeing = others.filter((one) => one.solution?.major === decider.solution?.major);
  const contradicting = others.filter((one) => !agreeing.includes(one));
  return fact(
    decider.solution.major,
    [decider, ...agreeing].map((one) => evidenceOf(one.statement, one.solution)),
    contradicting.map((one) => rejectedOf(one.statement, one.solution, decider.statement)),
  );
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
  const inManifest = (spec: string | undefined, ...path: readonly string[]) =>
    stated(spec, path.join('.'), manifest.path, lineOf(manifest, ...path));
  yield* inManifest(plainText(manifest, 'volta', 'node'), 'volta', 'node');
  for (const file of ['.nvmrc', '.node-version']) yield* firstLineOf(tree, file);
  for (const file of ['.tool-versions', 'mise.toml', '.mise.toml']) {
    const read = file === '.tool-versions' ? readToolVersions : readMiseTools;
    const tool = read(tree.read(file) ?? '').find((one) => one.tool === 'node' || one.tool === 'nodejs');
    yield* stated(tool?.version, tool?.tool ?? '', file, tool?.line);
  }
  yield* runtimesIn(manifest);
  yield* inManifest(plainText(manifest, 'engines', 'node'), 'engines', 'node');
}

function* stated(spec: string | undefined, what: string, file: string, line: number | undefined): Generator<Statement> {
  if (spec === undefined || spec.trim() === '') return;
  const shown = JSON.stringify(spec.trim().slice(0, 100)).slice(1, -1);
  yield { spec, file, ...(line && { line }), because: `${what} is ${shown}` };
}

function* firstLineOf(tree: SourceTree, file: string): Generator<Statement> {
  const lines = (tree.read(file) ?? '').split(/\r?\n/);
  const index = lines.findIndex((line) => line.replace(/#.*/, '').trim() !== '');
  yield* stated(lines[index]?.replace(/#.*/, ''), 'its version', file, index + 1);
}

function* runtimesIn(manifest: Manifest): Generator<Statement> {
  const runtime = jsonAt(manifest.root, 'devEngines', 'runtime');
  const all = Array.isArray(runtime?.value) ? jsonElements(runtime) : runtime ? [runtime] : [];
  for (const one of all) {
    if (jsonText(one, 'name') !== 'node') continue;
    const version = jsonAt(one, 'version');
    yield* stated(jsonText(version), 'devEngines.runtime', manifest.path, version?.line);
  }
}

function notUnderstood(statements: readonly Statement[]): Failure {
  const [first] = statements;
  return new Failure('detect.unsupported', {
    message: `No known version of Node fits what the project states: ${statements.map((one) => one.because).join('; ')}`,
    where: first?.line ? `${first.file}:${first.line}` : (first?.file ?? 'package.json'),
    remedy: 'State a released version there, or set node.version.',
  });
}
