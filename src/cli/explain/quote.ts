import type { Evidence, FactValue } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { maskSecrets } from './mask.js';
import { visible } from './screen.js';

/** A place in the project, and what stands there. */
export interface Quote {
  /** `pom.xml:20`, or the file alone where there is no line. */
  readonly place: string;
  /** The line's text, without secrets; undefined where there is no such line, or nothing on it. */
  readonly text?: string;
}

/** How far around the value of interest a line is looked at: a file of megabytes may be one line. */
const reach = 2_000;

/** Undefined for evidence without a place. `value` is what the quote should show where the line is too long to show whole. */
export function quoteEvidence(tree: SourceTree, evidence: Evidence, value?: FactValue): Quote | undefined {
  const at = placeOf(evidence);
  if (at === undefined) return undefined;
  const place = visible(at.line === undefined ? at.file : `${at.file}:${at.line}`);
  const text = at.line === undefined ? undefined : quoteLine(tree, at.file, at.line, needleOf(value));
  return { place, ...(text !== undefined && { text }) };
}

/** `pom.xml:20` as a quote; undefined for a text that is no such place of this tree. */
export function quotePlace(tree: SourceTree, where: string): Quote | undefined {
  const [, file, line] = /^(.+):(\d{1,9})$/.exec(where) ?? [];
  if (file === undefined || line === undefined) return undefined;
  const text = quoteLine(tree, file, Number(line), '');
  return text === undefined ? undefined : { place: visible(where), text };
}

/** A setting's evidence says where it stands in its clause: `set by slipway.yml:3`. */
function placeOf({ file, line, because }: Evidence): { readonly file: string; readonly line?: number } | undefined {
  if (file !== undefined) return { file, ...(line !== undefined && { line }) };
  const [, settingsFile, settingsLine] = /^set by (\S+\.ya?ml):(\d{1,9})$/.exec(because) ?? [];
  return settingsFile === undefined ? undefined : { file: settingsFile, line: Number(settingsLine) };
}

function needleOf(value: FactValue | undefined): string {
  if (value === undefined || typeof value === 'boolean') return '';
  return typeof value === 'string' ? value : (value.at(-1) ?? '');
}

function quoteLine(tree: SourceTree, file: string, line: number, needle: string): string | undefined {
  const text = lineOf(readOrUndefined(tree, file) ?? '', line);
  if (text === undefined || text.trim() === '') return undefined;
  const at = Math.max(0, needle === '' ? 0 : text.indexOf(needle));
  const near = text.slice(Math.max(0, at - reach), at + needle.length + reach);
  return centre(visible(maskSecrets(near)).replace(/ {2,}/g, ' ').trim(), needle);
}

/** A line longer than a screen is shown from a little before what matters. */
function centre(text: string, needle: string): string {
  const at = needle === '' ? 0 : text.indexOf(needle);
  return at > 60 ? `…${text.slice(at - 30)}` : text;
}

function readOrUndefined(tree: SourceTree, file: string): string | undefined {
  try {
    return tree.read(file, 'lockfile');
  } catch {
    // What cannot be read is not quoted; detection has said why where that matters.
    return undefined;
  }
}

/** The text of a 1-based line. */
function lineOf(text: string, line: number): string | undefined {
  const ends = /\r\n|\n|\r/g;
  let start = 0;
  for (let left = line - 1; left > 0; left -= 1) {
    const end = ends.exec(text);
    if (end === null) return undefined;
    start = end.index + end[0].length;
  }
  const end = ends.exec(text);
  return text.slice(start, end?.index);
}
