import { Failure } from '../../core/failure.js';
import type { SourceTree } from '../../core/source-tree.js';

/** One source file, its comments blanked out so that lines and columns stay. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const endings = ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx'];
const maxCharacters = 200_000;

/** The file as node would resolve it: itself, with an ending, or a directory's index. Undefined where none is there. */
export function resolveFile(tree: SourceTree, path: string): string | undefined {
  const plain = normalisePath(path);
  if (plain === undefined) return undefined;
  if (plain !== '' && tree.has(plain)) return plain;
  const named = endings.map((ending) => `${plain}${ending}`);
  const index = endings.map((ending) => `${plain === '' ? '' : `${plain}/`}index${ending}`);
  return [...(plain === '' ? [] : named), ...index].find((one) => tree.has(one));
}

/** `./a/../b` as `b`; undefined for a path that leads out of the project, and for an absolute one. */
export function normalisePath(path: string): string | undefined {
  if (path.startsWith('/')) return undefined;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** A text of the project, its comments blanked out where it is code; undefined where it cannot be read. */
export function readCode(tree: SourceTree, path: string, isCode = true): string | undefined {
  try {
    const text = tree.read(path, 'source')?.slice(0, maxCharacters);
    return text !== undefined && isCode ? withoutComments(text) : text;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (token) =>
    token.startsWith('/') ? token.replace(/[^\n]/g, ' ') : token,
  );
}
