import type { SourceTree } from '../../core/source-tree.js';
import { type JsonNode, parseJsonDocument } from '../../formats/json-document.js';
import { readCode } from './sources.js';

/** A tool's configuration in JSON, comments and trailing commas allowed; undefined where it is not there or cannot be read. */
export function readJsonConfig(tree: SourceTree, path: string): JsonNode | undefined {
  const text = readCode(tree, path, false);
  if (text === undefined) return undefined;
  try {
    return parseJsonDocument(text, { relaxed: true });
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
