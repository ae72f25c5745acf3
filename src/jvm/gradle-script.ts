import { Failure } from '../core/failure.js';
import type { SourceTree } from '../core/source-tree.js';
import { indexLines } from '../formats/text-span.js';
import { blankComments } from './gradle-text.js';

/** A build script, or the part of one that counts for a module. */
export interface Script {
  readonly file: string;
  /** Without comments. */
  readonly text: string;
  /** 1-based line of an offset in `text`. */
  lineAt(offset: number): number;
}

const maxCharacters = 500_000;

/** Undefined when there is none. Throws `detect.unreadable` when it has more than 500,000 characters. */
export function readScript(tree: SourceTree, ...files: readonly string[]): Script | undefined {
  for (const file of files) {
    const text = tree.read(file);
    if (text !== undefined) return scriptOf(file, text);
  }
  return undefined;
}

function scriptOf(file: string, raw: string): Script {
  if (raw.length > maxCharacters) {
    throw new Failure('detect.unreadable', {
      message: `${file} has more than ${maxCharacters} characters`,
      where: file,
      remedy: 'Move generated content out of the build script.',
    });
  }
  return { file, text: blankComments(raw), lineAt: indexLines(raw) };
}

/** A part of a script, with the lines of the whole. */
export function partOf(script: Script, text: string, start: number): Script {
  return { file: script.file, text, lineAt: (offset) => script.lineAt(start + offset) };
}
