import { Failure } from '../../core/failure.js';
import { nearest } from '../../core/nearest.js';
import type { Evidence, Fact, Project, Rejected } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import type { SettingAbout } from '../../settings/setting-about.js';
import { formatValue, placeAndClause, shown } from './fact-lines.js';
import { quoteEvidence } from './quote.js';
import { type Line, plain, quiet, renderLines, type Screen, strong, warning, wrapWords } from './screen.js';

/** Throws `settings.usage` for a key that this project has no fact of, with those it has. */
export function factNamed(project: Project, name: string): Fact {
  const fact = Object.entries(project.facts).find(([key]) => key === name)?.[1];
  if (fact !== undefined) return fact;
  const known = Object.keys(project.facts);
  const near = nearest(name, known);
  throw new Failure('settings.usage', {
    message: `Nothing is known of '${shown(name).slice(0, 100)}' in this project, and there is no directory of that name`,
    where: `${project.name}, a ${project.kind} project`,
    remedy: near === undefined ? 'Ask for one of the facts there are.' : `Did you mean ${near}?`,
    candidates: known,
  });
}

/** Everything about one fact: all evidence, all that was found and not used, and what sets it. `about` is undefined for a fact that follows from others. */
export function formatFactPage(
  name: string,
  fact: Fact,
  tree: SourceTree,
  about: SettingAbout | undefined,
  screen: Screen,
): string {
  const used = fact.from.flatMap((evidence) => evidenceLines(tree, evidence, fact.value));
  const rejected = fact.rejected.flatMap((other) => rejectedLines(tree, other));
  return renderLines(
    [
      [strong(name), plain(' is '), strong(formatValue(fact.value))],
      ...(about === undefined
        ? []
        : wrapWords(about.description, screen.width - 2).map((line): Line => [quiet(`  ${line}`)])),
      [],
      [plain('Because')],
      ...used,
      ...(rejected.length > 0 ? [[], [plain('Found, and not used')], ...rejected] : []),
      [],
      ...changeLines(about, fact, screen),
    ],
    screen,
  );
}

function evidenceLines(tree: SourceTree, evidence: Evidence, value: Fact['value']): readonly Line[] {
  const quote = quoteEvidence(tree, evidence, value);
  if (quote?.text === undefined) return [[plain(`  ${placeAndClause(evidence)}`)]];
  return [[plain(`  ${shown(evidence.because)}`)], [quiet(`    ${quote.place} │ `), plain(quote.text)]];
}

function rejectedLines(tree: SourceTree, rejected: Rejected): readonly Line[] {
  const quote = quoteEvidence(tree, rejected, rejected.value);
  const head: Line = [warning(`  ${formatValue(rejected.value)}`), plain(`  ${shown(rejected.because)}`)];
  if (quote === undefined) return [head];
  return [head, [quiet(`    ${quote.place}${quote.text === undefined ? '' : ' │ '}`), plain(quote.text ?? '')]];
}

function changeLines(about: SettingAbout | undefined, fact: Fact, screen: Screen): readonly Line[] {
  if (about === undefined)
    return [[plain('Change')], [quiet('  It follows from the other facts and has no setting of its own.')]];
  const value = typeof fact.value === 'object' ? JSON.stringify(fact.value) : String(fact.value);
  const word = shown(value);
  const keys = about.path.split('.');
  return [
    [plain('Change')],
    [plain(`  --set ${about.path}=${/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`}`)],
    [plain(`  ${about.variable}`), quiet(', a variable')],
    ...keys.map((key, depth): Line => {
      const end = depth === keys.length - 1 ? [plain(` ${word}`), quiet('   in slipway.yml')] : [];
      return [plain(`  ${'  '.repeat(depth)}${key}:`), ...end];
    }),
    ...wrapWords(`It must be ${about.expects}.`, screen.width - 2).map((line): Line => [quiet(`  ${line}`)]),
  ];
}
