import type { Evidence, Fact, FactValue } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { maskSecrets } from './mask.js';
import { quoteEvidence } from './quote.js';
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
  const indent = plain(' '.repeat(columns.key + 4));
  const value = formatValue(fact.value);
  const [decisive] = fact.from;
  const [first, ...more] =
    decisive === undefined
      ? []
      : reasonLines({
          tree,
          evidence: decisive,
          value: fact.value,
          detail,
          left: width - columns.key - columns.value - 6,
        });
  const fits = widthOf(value) <= columns.value;
  const head: Line = [
    plain('  '),
    name,
    plain('  '),
    plain(padTo(value, columns.value)),
    plain('  '),
    ...(first ?? []),
  ];
  const start = fits
    ? [head]
    : [[plain('  '), name, plain('  '), plain(value)], ...(first ? [[indent, ...first]] : [])];
  const rejected = fact.rejected.slice(0, detail.rejected).map((other): Line => {
    const place = placeAndClause(other);
    return [indent, warning(`not ${cutTo(formatValue(other.value), widestValue)}`), quiet(`  ${place}`)];
  });
  const left = fact.rejected.length - rejected.length;
  const rest: Line = [indent, quiet(`and ${left} more found and not used: slipway explain ${name.text.trim()}`)];
  return [...start, ...more.map((line) => [indent, ...line]), ...rejected, ...(left > 0 ? [rest] : [])];
}

interface Reason {
  readonly tree: SourceTree;
  readonly evidence: Evidence;
  readonly value: FactValue;
  readonly detail: Detail;
  /** Columns beside the value. */
  readonly left: number;
}

/** The clause, and under it the source; one line where the source says it all and fits beside the value. */
function reasonLines({ tree, evidence, value, detail, left }: Reason): readonly Line[] {
  const quote = quoteEvidence(tree, evidence, value);
  if (quote?.text === undefined) return [[quiet(placeAndClause(evidence))]];
  const source: Line = [quiet(`${quote.place} │ `), plain(quote.text)];
  const beside = widthOf(`${quote.place} │ ${quote.text}`) <= left;
  if ((saysTheSame(quote.text, evidence.because) && beside) || !detail.quotes) return [source];
  return [[quiet(shown(evidence.because))], source];
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
