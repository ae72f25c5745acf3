import type { SourceTree } from '../core/source-tree.js';
import { parseProperties } from '../formats/properties.js';
import { readMiseTools, readToolVersions, type ToolVersion } from '../formats/version-files.js';
import type { Candidate } from './candidate.js';

/** What the files of version managers say of Java, in a fixed order. A file that cannot be read says nothing. */
export function readJavaFiles(tree: SourceTree): readonly Candidate[] {
  return [
    ...readLine(tree, '.java-version', /^\s*([^\s#]{1,80})\s*$/),
    ...readLine(tree, '.sdkmanrc', /^\s*java\s*=\s*([^\s#]{1,80})/),
    ...readTools(tree, '.tool-versions', readToolVersions),
    ...readTools(tree, 'mise.toml', readMiseTools),
    ...readTools(tree, '.mise.toml', readMiseTools),
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

function readTools(
  tree: SourceTree,
  file: string,
  read: (text: string) => readonly ToolVersion[],
): readonly Candidate[] {
  const java = read(tree.read(file) ?? '').find(({ tool }) => tool === 'java');
  return java ? [candidate(file, java.line, java.version)] : [];
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
