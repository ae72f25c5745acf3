import { Failure } from '../../core/failure.js';
import { type Evidence, type Fact, fact, type Hints, type Rejected } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { detectFramework } from './framework.js';
import { hintText } from './hints.js';
import { lineOf, type Manifest, readManifest } from './manifest.js';
import { expandGlobs, isPlainPath } from './member-globs.js';
import { normalisePath } from './sources.js';
import { detectStart } from './start.js';
import { deployableMembers, neededMembers, possibleServices, subtree, workspaceGlobs } from './workspaces.js';

/** The package that is the service: the root, or a member of its workspace, whose tree and manifest are then its own. */
export interface Place {
  /** '' for the root. */
  readonly folder: string;
  readonly tree: SourceTree;
  readonly manifest: Manifest;
}

export interface Member extends Place {
  /** The fact `node.workspace`: its folder; rejected are the other services, unless this one depends on them. */
  readonly fact: Fact;
  /** The fact `node.members`: the folders of all members. */
  readonly all: Fact;
}

/**
 * The workspace member that is the service: the one that a person set, else the only one that starts in production.
 * Undefined where the root is the service: there is no workspace, it starts by itself, or a person set its start.
 * Throws `detect.ambiguous` for several members, `detect.unsupported` for none.
 */
export function chooseMember(tree: SourceTree, manifest: Manifest, hints: Hints): Member | undefined {
  const globs = workspaceGlobs(tree, manifest);
  const wanted = hintText(hints, 'node.workspace');
  if (wanted !== undefined) return memberAt(tree, manifest, globs, wanted, hints);
  if (globs.length === 0 || hints['node.start'] || startsItself(tree, manifest)) return undefined;
  const members = deployableMembers(tree, globs);
  const [only] = members;
  const others = only === undefined || members.length > 1 ? [] : possibleServices(tree, globs, only);
  const all = [...new Set([...members, ...others])].sort();
  if (only === undefined || all.length > 1) throw memberWanted(manifest, all);
  return memberAt(tree, manifest, globs, only, hints);
}

/** The same fact as seen from the root: its evidence's files lie in the folder. */
export function inFolder(folder: string, one: Fact): Fact {
  if (folder === '') return one;
  const moved = <E extends Evidence>(evidence: E): E =>
    evidence.file === undefined ? evidence : { ...evidence, file: `${folder}/${evidence.file}` };
  return { value: one.value, from: one.from.map(moved), rejected: one.rejected.map(moved) };
}

function memberAt(
  tree: SourceTree,
  root: Manifest,
  globs: readonly string[],
  wanted: string,
  hints: Hints,
): Member | undefined {
  const folder = normalisePath(wanted);
  if (folder === '') return undefined;
  const below = folder !== undefined && isPlainPath(folder) ? subtree(tree, folder) : undefined;
  const manifest = below && readManifest(below, 'package.json');
  if (folder === undefined || !below || !manifest) throw memberWanted(root, deployableMembers(tree, globs), wanted);
  const hint = hints['node.workspace'];
  const others = otherServices(tree, globs, folder);
  const line = lineOf(root, 'workspaces');
  const because = 'the only member of the workspace that starts in production';
  const found = { file: line ? root.path : 'pnpm-workspace.yaml', ...(line && { line }), because };
  const from = hint ? { because: `set by ${hint.origin}` } : found;
  const all = fact(expandGlobs(tree, globs), { file: found.file, because: 'the members of the workspace' });
  return { folder, tree: below, manifest, fact: fact(folder, from, others), all };
}

function otherServices(tree: SourceTree, globs: readonly string[], folder: string): readonly Rejected[] {
  const needed = neededMembers(tree, globs, folder, 'run');
  return deployableMembers(tree, globs)
    .filter((one) => !needed.includes(one))
    .map((value) => ({
      value,
      file: `${value}/package.json`,
      because: 'another service, which this one does not depend on',
    }));
}

function startsItself(tree: SourceTree, manifest: Manifest): boolean {
  const framework = detectFramework(manifest)?.framework;
  if (!manifest.scripts.has('start') && framework?.makes !== 'server') return false;
  try {
    return detectStart(tree, manifest, framework) !== undefined;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

function memberWanted(manifest: Manifest, members: readonly string[], wanted?: string): Failure {
  const line = lineOf(manifest, 'workspaces');
  const where = line ? `${manifest.path}:${line}` : manifest.path;
  if (wanted === undefined && members.length === 0) {
    return new Failure('detect.unsupported', {
      message: 'This is a workspace root, and no member says how it starts in production',
      where,
      remedy: "Add a script 'start' to the member that is the service, or set node.start to an argv.",
    });
  }
  const message =
    wanted === undefined
      ? `This workspace has ${members.length} members that could be the service`
      : `There is no workspace member ${JSON.stringify(wanted.slice(0, 100))}`;
  return new Failure('detect.ambiguous', {
    message,
    where,
    remedy: 'Set node.workspace to the directory of the one you mean.',
    candidates: members,
  });
}
