import type { Evidence, Fact, FactValue } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { maskSecrets } from './mask.js';
import { type Quote, quoteEvidence } from './quote.js';
import { cutTo, type Line, padTo, plain, quiet, strong, visible, warning, widthOf } from './screen.js';

/** How much of each fact is shown; a page that is too long for one screen shows less. */
export interface Detail {
  /** At most so many rejected alternatives. */
  readonly rejected: number;
  /** Quote the source line also where the clause says the same in fewer words. */
  readonly quotes: boolean;
}

/** Columns of values; a longer one, such as a command, pushes its reason to the next line. */
const widestValue = 28;

/** Facts one under the other: value, reason, the source line quoted, what was found and not used. */
export function factLines(
  facts: readonly (readonly [key: string, fact: Fact])[],
  tree: SourceTree,
  isSetting: (key: string) => boolean,
  detail: Detail,
  width: number,
): readonly Line[] {
  const columns = {
    key: Math.max(0, ...facts.map(([key]) => key.length)),
    value: Math.min(widestValue, Math.max(0, ...facts.map(([, { value }]) => widthOf(formatValue(value))))),
  };
  return facts.flatMap(([key, fact]) => {
    const name = padTo(key, columns.key);
    return linesOfFact({ name: isSetting(key) ? strong(name) : plain(name), columns, fact, tree, detail, width });
  });
}

interface Row {
  readonly name: Line[number];
  readonly columns: { readonly key: number; readonly value: number };
  readonly fact: Fact;
  readonly tree: SourceTree;
  readonly detail: Detail;
  readonly width: number;
}

function linesOfFact({ name, columns, fact, tree, detail, width }: Row): readonly Line[] {
  const value = padTo(formatValue(fact.value), columns.value);
  const [decisive] = fact.from;
  const left = width - columns.key - widthOf(value) - 6;
  const { beside, below } =
    decisive === undefined ? noReason : placeReason(quoteEvidence(tree, decisive, fact.value), decisive, left, detail);
  // On a narrow screen a quote needs the columns more than the page needs its order.
  const indent = plain(' '.repeat(width < 96 ? 6 : columns.key + 4));
  return [
    [plain('  '), name, plain('  '), plain(value), plain('  '), ...beside],
    ...below.map((line) => [indent, ...line]),
    ...rejectedLines(name.text.trim(), fact, detail).map((line) => [indent, ...line]),
  ];
}

function rejectedLines(key: string, { rejected }: Fact, detail: Detail): readonly Line[] {
  const shownOnes = rejected
    .slice(0, detail.rejected)
    .map(
      (other): Line => [
        warning(`not ${cutTo(formatValue(other.value), widestValue)}`),
        quiet(`  ${placeAndClause(other)}`),
      ],
    );
  const left = rejected.length - shownOnes.length;
  return left === 0
    ? shownOnes
    : [...shownOnes, [quiet(`and ${left} more found and not used: slipway explain ${key}`)]];
}

/** What stands beside a value, and what under it. */
interface Reason {
  readonly beside: Line;
  readonly below: readonly Line[];
}

const noReason: Reason = { beside: [], below: [] };

/** The clause beside the value and the source under it; the source alone where it says it all, or the clause has no room. */
function placeReason(quote: Quote | undefined, evidence: Evidence, left: number, detail: Detail): Reason {
  const clause = quote?.text === undefined ? placeAndClause(evidence) : shown(evidence.because);
  const fits = widthOf(clause) <= left;
  if (quote?.text === undefined)
    return fits ? { beside: [quiet(clause)], below: [] } : { beside: [], below: [[quiet(clause)]] };
  const source: Line = [quiet(`${quote.place} │ `), plain(quote.text)];
  const sourceFits = widthOf(`${quote.place} │ ${quote.text}`) <= left;
  if (!detail.quotes || (sourceFits && saysTheSame(quote.text, evidence.because))) return { beside: source, below: [] };
  return { beside: fits ? [quiet(clause)] : [], below: [source] };
}

/** `<java.version> is 17` and `<java.version>17</java.version>` do. */
function saysTheSame(quote: string, because: string): boolean {
  const words = (text: string): string => text.toLowerCase().replace(/\bis\b|[^\p{L}\p{N}]/gu, '');
  return words(quote).includes(words(because));
}

/** `pom.xml:20: clause`, without the file where the clause begins with it. */
export function placeAndClause(evidence: Evidence): string {
  const { file, line, because } = evidence;
  if (file === undefined || (line === undefined && because.startsWith(file))) return shown(because);
  return shown(`${file}${line === undefined ? '' : `:${line}`}: ${because}`);
}

/** A value as a person would write it: a command as words. */
export function formatValue(value: FactValue): string {
  const words = typeof value === 'object' ? value.map(formatWord) : [String(value)];
  return shown(words.join(' ') || '(nothing)');
}

function formatWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word);
}

/** A text of the project, fit for a screen. */
export function shown(text: string): string {
  return visible(maskSecrets(text));
}
