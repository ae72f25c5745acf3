import type { Evidence } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { lineAt } from './port.js';
import { normalisePath, readCode } from './sources.js';

/** A tool's configuration, which is a program: only what it says in literals can be known without running it. */
export interface ConfigFile {
  readonly path: string;
  /** Comments are blanked out. */
  readonly text: string;
}

/** The configuration by its name without an ending; an empty one of that name where there is none. */
export function readConfig(tree: SourceTree, base: string): ConfigFile {
  for (const ending of ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']) {
    const text = readCode(tree, `${base}${ending}`);
    if (text !== undefined) return { path: `${base}${ending}`, text: text.slice(0, 100_000) };
  }
  return { path: base, text: '' };
}

/** The text that a key is given as a literal; undefined where it is not there, or is an expression. */
export function literalOf(config: ConfigFile, key: string): string | undefined {
  return new RegExp(`\\b${key}['"]?:\\s{0,10}['"\`]([^'"\`\\n$]{0,200})['"\`]`).exec(config.text)?.[1];
}

/** Whether a key is given something that is no literal. */
export function isComputed(config: ConfigFile, key: string): boolean {
  return new RegExp(`\\b${key}['"]?:\\s{0,10}[^'"\`\\s]`).test(config.text);
}

/** Where a text stands in the configuration; only the file where it does not. */
export function placeOf({ path, text }: ConfigFile, part: string): Omit<Evidence, 'because'> {
  if (text === '') return {};
  const at = text.indexOf(part);
  return { file: path, ...(at >= 0 && { line: lineAt(text, at + 1) }) };
}

/** A directory below the project that a Dockerfile and an argv take as it is written; undefined for any other. */
export function plainFolder(...parts: readonly string[]): string | undefined {
  const path = normalisePath(parts.filter((part) => part !== '').join('/'));
  return path !== undefined && /^[\w.][\w.-]*(\/[\w.][\w.-]*)*$/.test(path) ? path : undefined;
}
