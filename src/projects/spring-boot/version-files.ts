import { parse } from 'smol-toml';
import type { SourceTree } from '../../core/source-tree.js';
import { parseProperties } from '../../formats/properties.js';
import type { Candidate } from './candidate.js';

/** What the files of version managers say of Java, in a fixed order. A file that cannot be read says nothing. */
export function readJavaFiles(tree: SourceTree): readonly Candidate[] {
  return [
    ...readLine(tree, '.java-version', /^\s*([^\s#]{1,80})\s*$/),
    ...readLine(tree, '.sdkmanrc', /^\s*java\s*=\s*([^\s#]{1,80})/),
    ...readLine(tree, '.tool-versions', /^\s*java\s+([^\s#]{1,80})/),
    ...readMise(tree, 'mise.toml'),
    ...readMise(tree, '.mise.toml'),
    ...readSystemProperties(tree),
  ];
}

function readLine(tree: SourceTree, file: string, pattern: RegExp): readonly Candidate[] {
  const lines = (tree.read(file) ?? '').split('\n', 1000);
  for (const [index, line] of lines.entries()) {
    const value = pattern.exec(line.slice(0, 500))?.[1];
    if (value !== undefined) return [candidate(file, index + 1, value)];
  }
  return [];
}

function readMise(tree: SourceTree, file: string): readonly Candidate[] {
  const text = tree.read(file) ?? '';
  const value = javaOf(parseToml(text.slice(0, 200_000)));
  if (value === undefined) return [];
  const line = text.split('\n').findIndex((candidateLine) => /^\s*"?(?:tools\.)?java"?\s*=/.test(candidateLine));
  return [candidate(file, Math.max(0, line) + 1, value)];
}

function parseToml(text: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text);
  } catch {
    return {};
  }
}

function javaOf(document: Readonly<Record<string, unknown>>): string | undefined {
  const tools = document.tools;
  let java: unknown = isTable(tools) ? tools.java : undefined;
  if (Array.isArray(java)) java = java[0];
  if (isTable(java)) java = java.version;
  return typeof java === 'string' || typeof java === 'number' ? String(java) : undefined;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Heroku's file. */
function readSystemProperties(tree: SourceTree): readonly Candidate[] {
  const file = 'system.properties';
  const found = parseProperties((tree.read(file) ?? '').slice(0, 200_000)).find(
    ({ key }) => key === 'java.runtime.version',
  );
  return found ? [candidate(file, found.line, found.value)] : [];
}

function candidate(file: string, line: number, value: string): Candidate {
  return { value, from: [{ file, line, because: `${file} says ${value}` }] };
}
