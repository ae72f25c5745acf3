import type { SourceTree } from '../../core/source-tree.js';
import { normalisePath } from './sources.js';

const maxMembers = 300;
const maxGlobs = 50;
const maxFolders = 3000;
const maxDepth = 8;

/**
 * The folders with a `package.json` that the globs of a workspace name, sorted; at most 300. `*` within a name, `**` for any
 * folders, `{a,b}`, and `!` for what is not a member (https://docs.npmjs.com/cli/using-npm/workspaces,
 * https://pnpm.io/pnpm-workspace_yaml). Folders called `node_modules` or with a leading dot are never looked into.
 */
export function expandGlobs(tree: SourceTree, globs: readonly string[]): readonly string[] {
  const plain = globs.slice(0, maxGlobs).flatMap(expandBraces);
  const search: Search = { tree, found: new Set(), folders: 0 };
  for (const glob of plain.filter((one) => !one.startsWith('!'))) look(search, '', partsOf(glob), 0);
  const excluded = plain.filter((one) => one.startsWith('!')).map((one) => partsOf(one.slice(1)));
  return [...search.found].filter((path) => !excluded.some((parts) => isMatch(path.split('/'), parts))).sort();
}

interface Search {
  readonly tree: SourceTree;
  readonly found: Set<string>;
  folders: number;
}

/** Empty for what leads out of the tree or has more parts than a person writes: matching must stay quick. */
function partsOf(glob: string): readonly string[] {
  const parts = normalisePath(glob)?.split('/') ?? [];
  return parts.length > 12 ? [] : parts.filter((part, index) => part !== '**' || parts[index - 1] !== '**');
}

/** At most three groups, and no group in a group, which no workspace has. */
function expandBraces(glob: string): readonly string[] {
  let all: readonly string[] = [glob];
  for (let round = 0; round < 3; round++) all = all.flatMap(expandGroup).slice(0, 100);
  return all.filter((one) => !one.includes('{'));
}

function expandGroup(glob: string): readonly string[] {
  const group = /\{([^{}]{0,200})\}/.exec(glob);
  if (!group) return [glob];
  const [whole, inner = ''] = group;
  return inner.split(',').map((one) => glob.slice(0, group.index) + one + glob.slice(group.index + whole.length));
}

function look(search: Search, folder: string, parts: readonly string[], depth: number): void {
  const [part, ...rest] = parts;
  if (depth > maxDepth || search.found.size >= maxMembers || search.folders++ > maxFolders) return;
  if (part === undefined) {
    if (isPlainPath(folder) && search.tree.has(`${folder}/package.json`)) search.found.add(folder);
  } else if (!part.includes('*')) look(search, join(folder, part), rest, depth + 1);
  else {
    if (part === '**') look(search, folder, rest, depth + 1);
    for (const name of foldersIn(search.tree, folder)) {
      if (part === '**') look(search, join(folder, name), parts, depth + 1);
      else if (isNameMatch(name, part)) look(search, join(folder, name), rest, depth + 1);
    }
  }
}

function foldersIn(tree: SourceTree, folder: string): readonly string[] {
  return tree
    .list(folder)
    .filter(({ name, type }) => type === 'directory' && name !== 'node_modules' && !name.startsWith('.'))
    .slice(0, maxMembers)
    .map(({ name }) => name);
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

function isMatch(names: readonly string[], parts: readonly string[]): boolean {
  const [part, ...rest] = parts;
  if (part === undefined) return names.length === 0;
  if (part === '**') return isMatch(names, rest) || (names.length > 0 && isMatch(names.slice(1), parts));
  const [name, ...others] = names;
  return name !== undefined && isNameMatch(name, part) && isMatch(others, rest);
}

/** Without a regular expression: the glob is the project's. Only the first and the last `*` of a name count. */
function isNameMatch(name: string, part: string): boolean {
  const first = part.indexOf('*');
  if (first < 0) return name === part;
  const [before, after] = [part.slice(0, first), part.slice(part.lastIndexOf('*') + 1)];
  return name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after);
}

/** A path that a Dockerfile's WORKDIR takes as it is written. */
export function isPlainPath(path: string): boolean {
  return /^[A-Za-z0-9_@][\w@.-]*(?:\/[A-Za-z0-9_@][\w@.-]*)*$/.test(path);
}
