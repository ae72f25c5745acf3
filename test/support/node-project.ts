import { Failure } from '../../src/core/failure.js';
import type { Facts, FactValue } from '../../src/core/project.js';
import { node } from '../../src/projects/node/index.js';
import { memoryTree } from './memory-tree.js';

/** Contents by path; an object is written as JSON. */
export type Files = Readonly<Record<string, string | object>>;

/** What is found out about a Node project of these files. Throws as detection does. */
export function factsOf(files: Files): Facts {
  const texts = Object.entries(files).map(([path, content]) => [
    path,
    typeof content === 'string' ? content : JSON.stringify(content, null, 1),
  ]);
  return node.detect(memoryTree(Object.fromEntries(texts)), {})?.facts ?? {};
}

/** One fact's value; undefined where it is not known. */
export function readFact(
  key: 'node.start' | 'node.build' | 'port' | 'node.workspace',
  files: Files,
): FactValue | undefined {
  return factsOf(files)[key]?.value;
}

/** Code, place and candidates of the failure; the facts where there is none, which then do not match. */
export function refusalOf(files: Files): unknown {
  try {
    return factsOf(files);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, where, candidates } = error;
    return { code, where, ...(candidates && { candidates }) };
  }
}

/** What the failure says to do; undefined where there is none. */
export function remedyOf(files: Files): string | undefined {
  try {
    factsOf(files);
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.remedy;
  }
}
