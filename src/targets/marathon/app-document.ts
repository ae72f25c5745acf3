import { parseJsonTree, tryJsonTree } from '../../formats/json-tree.js';
import { syntaxOf } from '../../formats/template-syntax.js';
import {
  findEntry,
  findNode,
  scalarText,
  type TextTree,
  type TreeNode,
  type TreePath,
} from '../../formats/text-tree.js';
import { imageOf, type PlacedService } from '../template-format.js';

/** One thing with an image in a Marathon file: an app, or one container of a pod. */
export interface MarathonService extends PlacedService {
  readonly type: 'app' | 'pod';
  /** Path of the app or pod itself; `at` is the container's, of a pod. */
  readonly definition: TreePath;
}

/**
 * Undefined: not a Marathon app, group, pod or list of apps. Comments are allowed (many people keep them in templates).
 * Throws `deploy.template-invalid` for broken JSON that looks like Marathon's, and where a key on the way to an image is
 * written twice, since JSON readers disagree on which one counts.
 */
export function parseMarathon(path: string, text: string): TextTree | undefined {
  if (syntaxOf(path, text) !== 'json') return undefined;
  const tree = tryJsonTree(path, text);
  if (!('roots' in tree)) {
    const looksOurs = /"(?:apps|groups|container|containers)"\s*:/.test(text) && /"id"\s*:/.test(text);
    return looksOurs ? parseJsonTree(path, text) : undefined;
  }
  return readServices(tree) === undefined ? undefined : tree;
}

/** The services of a Marathon file, in its order. */
export function marathonServices(tree: TextTree): readonly MarathonService[] {
  return readServices(tree) ?? [];
}

/** `web` in `/prod` is `/prod/web`; an absolute id stays (Marathon's PathId rule). */
export function absoluteId(id: string, group = '/'): string {
  const joined = id.startsWith('/') ? id : `${group}/${id}`;
  return `/${joined
    .split('/')
    .filter((part) => part !== '')
    .join('/')}`;
}

interface Reader {
  readonly tree: TextTree;
  readonly services: MarathonService[];
}

/** Recognising a file reads its services: they are kept for whoever asks next. */
const known = new WeakMap<TextTree, readonly MarathonService[]>();

function readServices(tree: TextTree): readonly MarathonService[] | undefined {
  const before = known.get(tree);
  if (before !== undefined) return before;
  const reader: Reader = { tree, services: [] };
  const [root] = tree.roots;
  if (root === undefined || !readRoot(reader, root)) return undefined;
  known.set(tree, reader.services);
  return reader.services;
}

function readRoot(reader: Reader, root: TreeNode): boolean {
  if (root.kind !== 'list') return readNode(reader, root, [], '/');
  return root.items.length > 0 && root.items.map((item, index) => readNode(reader, item, [index], '/')).every(Boolean);
}

function readNode(reader: Reader, node: TreeNode, at: TreePath, group: string): boolean {
  if (node.kind !== 'map') return false;
  const keys = new Set(node.entries.map((entry) => entry.key));
  if (keys.has('apps') || keys.has('groups')) return readGroup(reader, node, at, group);
  const id = idOf(reader.tree, node);
  if (id === undefined) return false;
  if (keys.has('containers')) return readPod(reader, node, at, id, group);
  if (!['container', 'cmd', 'args', 'instances', 'cpus', 'mem'].some((key) => keys.has(key))) return false;
  const image = findNode(reader.tree, node, 'container', 'docker', 'image');
  reader.services.push({
    ...namesOf(id, group, ''),
    type: 'app',
    line: reader.tree.lineOf((image ?? node).start),
    root: 0,
    at,
    definition: at,
    ...imageOf(reader.tree, image),
  });
  return true;
}

function idOf(tree: TextTree, node: TreeNode): string | undefined {
  const id = findEntry(tree, node, 'id')?.value;
  return typeof id?.value === 'string' ? scalarText(tree, id) : undefined;
}

/** The absolute id; it answers to it without the slash, and to what stands in the file. */
function namesOf(id: string, group: string, container: string): Pick<MarathonService, 'id' | 'names'> {
  const absolute = absoluteId(id, group);
  const all = [absolute, absolute.slice(1), id];
  return { id: absolute + container, names: [...new Set([...all, ...all.map((name) => name + container)])] };
}

function readGroup(reader: Reader, node: TreeNode, at: TreePath, parent: string): boolean {
  const id = idOf(reader.tree, node);
  const group = id === undefined ? parent : absoluteId(id, parent);
  const members = ['apps', 'pods', 'groups'].map((key) => [key, findNode(reader.tree, node, key)] as const);
  if (!members.every(([, list]) => list === undefined || list.kind === 'list')) return false;
  return members.every(([key, list]) =>
    (list?.items ?? []).every((item, index) => readNode(reader, item, [...at, key, index], group)),
  );
}

function readPod(reader: Reader, node: TreeNode, at: TreePath, id: string, group: string): boolean {
  const containers = findNode(reader.tree, node, 'containers');
  if (containers?.kind !== 'list') return false;
  containers.items.forEach((item, index) => {
    const name = findNode(reader.tree, item, 'name')?.value;
    const image = findNode(reader.tree, item, 'image', 'id');
    const { id: own, names = [] } = namesOf(id, group, `#${String(name)}`);
    const single = containers.items.length === 1;
    reader.services.push({
      id: single ? absoluteId(id, group) : own,
      names,
      type: 'pod',
      line: reader.tree.lineOf((image ?? item).start),
      root: 0,
      at: [...at, 'containers', index],
      definition: at,
      ...imageOf(reader.tree, image),
    });
  });
  return containers.items.length > 0;
}
