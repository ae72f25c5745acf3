import { Failure } from '../../core/failure.js';
import type { ProjectKind } from '../../core/kind.js';
import { quoteShell } from '../../core/shell.js';
import type { SourceTree } from '../../core/source-tree.js';
import { formatFailure } from '../print-failure.js';
import { shown } from './fact-lines.js';
import { quotePlace } from './quote.js';
import { wrapWords } from './screen.js';

/** A failure that brings the page to be printed for it. */
export class Refusal extends Failure {
  /** For stderr, with a newline at its end. */
  readonly page: string;

  constructor(failure: Failure, page: string) {
    const { code, message, where, remedy, candidates, lastLines, cause } = failure;
    super(code, {
      message,
      ...(where !== undefined && { where }),
      ...(remedy !== undefined && { remedy }),
      ...(candidates && { candidates }),
      ...(lastLines && { lastLines }),
      cause,
    });
    this.page = page;
  }
}

/** A choice that a person has to make, as settings know it. */
export interface OpenChoice {
  /** Path of the setting: `go.main`. */
  readonly setting: string;
  /** One of the valid values. */
  readonly value: string;
}

/** The refusal as a person needs it: the failure, what was seen, the line it is about, and the choice ready to be copied. */
export function formatRefusal(
  failure: Failure,
  tree: SourceTree,
  kinds: readonly ProjectKind[],
  choice: OpenChoice | undefined,
  width: number,
): string {
  const quote = failure.where === undefined ? undefined : quotePlace(tree, failure.where);
  const line = quote === undefined ? '' : `\n    ${quote.place} │ ${quote.text}\n`;
  const said = wrapLines(`${formatFailure(failure)}${formatSeen(tree, kinds)}`, width);
  return `${said}${line}${choice === undefined ? formatDirectory(failure) : formatChoice(choice)}`;
}

/** Lines that are longer than the screen go on under their beginning. */
function wrapLines(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => {
      const indent = /^ */.exec(line)?.[0] ?? '';
      const deeper = `${indent}  `;
      return wrapWords(line.slice(indent.length), width - deeper.length)
        .map((part, index) => `${index === 0 ? indent : deeper}${part}`)
        .join('\n');
    })
    .join('\n');
}

/** The files at the root that say what a project is. */
function formatSeen(tree: SourceTree, kinds: readonly ProjectKind[]): string {
  const seen = kinds.flatMap(({ title, manifests }) => {
    const there = manifests.filter((manifest) => tree.has(manifest));
    return there.length === 0 ? [] : [`${there.join(', ')} (${title})`];
  });
  return seen.length === 0 ? '' : `  Seen: ${seen.join('; ')}.\n`;
}

/** Of a directory that holds projects, the way to the first of them. */
function formatDirectory({ code, candidates }: Failure): string {
  const [first] = code === 'detect.nothing-found' ? (candidates ?? []) : [];
  return first === undefined ? '' : `\nTry one:\n    slipway explain ${quoteShell(shown(first))}\n`;
}

function formatChoice({ setting, value }: OpenChoice): string {
  const word = shown(value);
  const keys = setting.split('.');
  const yaml = keys.map((key, depth) => `    ${'  '.repeat(depth)}${key}:`).join('\n');
  return [
    '',
    'Try one:',
    `    slipway explain --set ${setting}=${quoteShell(word)}`,
    'and keep it in slipway.yml:',
    `${yaml} ${/^[\w./][\w./-]*$/.test(word) ? word : JSON.stringify(word)}`,
    '',
  ].join('\n');
}

/**
 * The setting that a failure's remedy asks for, with the first of its candidates that the setting takes. Undefined where
 * the choice is no setting, such as another directory.
 */
export function openChoice(
  failure: Failure,
  settings: readonly string[],
  takes: (setting: string, value: string) => boolean,
): OpenChoice | undefined {
  const words = `${failure.remedy ?? ''} ${failure.message}`.split(/[^\w.:=-]+/);
  const setting = words.map(settingIn).find((word) => word !== undefined && settings.includes(word));
  const value = setting === undefined ? undefined : failure.candidates?.find((candidate) => takes(setting, candidate));
  return setting === undefined || value === undefined ? undefined : { setting, value };
}

/** A path with dots is no word of a sentence; `kind` is, unless it is written as a flag or a key. */
function settingIn(word: string): string | undefined {
  const [, dashes, path = '', end] = /^(--)?([a-z]+(?:[.-][a-z]+)*)([:=]?)/.exec(word) ?? [];
  return path.includes('.') || dashes !== undefined || end !== '' ? path : undefined;
}
