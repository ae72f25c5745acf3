import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { describeError, Failure } from '../../core/failure.js';
import { indexLines } from '../../formats/text-span.js';

/** One thing with an image in a Marathon file: an app, or one container of a pod. */
export interface MarathonService {
  /** Absolute id (`/prod/web`); a container of a pod with several: `/prod/pod#container`. */
  readonly id: string;
  readonly type: 'app' | 'pod';
  /** The JSON object of the app or pod. */
  readonly node: Node;
  /** The JSON string that is the image; undefined where there is none. */
  readonly image?: Node;
}

/** A Marathon file, parsed with positions. Offsets count from the text's start, a BOM included. */
export interface MarathonDocument {
  readonly path: string;
  readonly text: string;
  readonly root: Node;
  readonly services: readonly MarathonService[];
  lineOf(offset: number): number;
}

/**
 * Undefined: not a Marathon app, group, pod or list of apps. Comments are allowed (many people keep them in templates).
 * Throws `deploy.template-invalid` for broken JSON that looks like Marathon's, and where a key on the way to an image is
 * written twice, since JSON readers disagree on which one counts.
 */
export function parseMarathon(path: string, text: string): MarathonDocument | undefined {
  if (!/\.jsonc?$/i.test(path)) return undefined;
  const lineOf = indexLines(text);
  const errors: ParseError[] = [];
  const root = readTree(path, text, errors);
  const first = errors[0];
  if (first !== undefined || root === undefined) {
    if (!/"(?:apps|groups|container|containers)"\s*:/.test(text) || !/"id"\s*:/.test(text)) return undefined;
    const reason = first === undefined ? 'nothing in it' : printParseErrorCode(first.error);
    throw invalid(`${path}:${lineOf(first?.offset ?? 0)}`, `This JSON is broken: ${reason}`);
  }
  const reader: Reader = { path, lineOf, services: [] };
  if (!readRoot(reader, root)) return undefined;
  return { path, text, root, services: reader.services, lineOf };
}

/** A key's value node. Throws `deploy.template-invalid` when the key is there twice. */
function propertyOf(
  reader: Pick<MarathonDocument, 'path' | 'lineOf'>,
  node: Node | undefined,
  key: string,
): Node | undefined {
  if (node?.type !== 'object') return undefined;
  const found = (node.children ?? []).filter((each) => each.children?.[0]?.value === key);
  const second = found[1];
  if (second !== undefined) {
    throw invalid(`${reader.path}:${reader.lineOf(second.offset)}`, `The key "${key}" is written twice in one object`);
  }
  return found[0]?.children?.[1];
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
  readonly path: string;
  readonly lineOf: (offset: number) => number;
  readonly services: MarathonService[];
}

function readTree(path: string, text: string, errors: ParseError[]): Node | undefined {
  // The scanner takes a BOM for a wrong symbol; a space of the same length keeps every offset.
  const readable = text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
  try {
    return parseTree(readable, errors, { allowTrailingComma: false });
  } catch (error) {
    if (error instanceof RangeError) throw invalid(path, `This JSON cannot be read: ${describeError(error)}`);
    throw error;
  }
}

function readRoot(reader: Reader, root: Node): boolean {
  if (root.type !== 'array') return readNode(reader, root, '/');
  const items = root.children ?? [];
  return items.length > 0 && items.map((item) => readNode(reader, item, '/')).every(Boolean);
}

function readNode(reader: Reader, node: Node, group: string): boolean {
  if (node.type !== 'object') return false;
  const keys = new Set((node.children ?? []).map((each) => each.children?.[0]?.value));
  if (keys.has('apps') || keys.has('groups')) return readGroup(reader, node, group);
  const id = propertyOf(reader, node, 'id');
  if (id?.type !== 'string') return false;
  if (keys.has('containers')) return readPod(reader, node, absoluteId(id.value, group));
  if (!['container', 'cmd', 'args', 'instances', 'cpus', 'mem'].some((key) => keys.has(key))) return false;
  const image = propertyOf(reader, propertyOf(reader, propertyOf(reader, node, 'container'), 'docker'), 'image');
  reader.services.push({ id: absoluteId(id.value, group), type: 'app', node, ...(image && { image }) });
  return true;
}

function readGroup(reader: Reader, node: Node, parent: string): boolean {
  const id = propertyOf(reader, node, 'id');
  const group = id?.type === 'string' ? absoluteId(id.value, parent) : parent;
  const members = ['apps', 'pods', 'groups'].map((key) => propertyOf(reader, node, key));
  if (!members.every((each) => each === undefined || each.type === 'array')) return false;
  return members.flatMap((each) => each?.children ?? []).every((item) => readNode(reader, item, group));
}

function readPod(reader: Reader, node: Node, id: string): boolean {
  const containers = propertyOf(reader, node, 'containers');
  if (containers?.type !== 'array') return false;
  const items = containers.children ?? [];
  for (const item of items) {
    const name = propertyOf(reader, item, 'name')?.value;
    const image = propertyOf(reader, propertyOf(reader, item, 'image'), 'id');
    const own = items.length > 1 ? `${id}#${String(name)}` : id;
    reader.services.push({ id: own, type: 'pod', node, ...(image && { image }) });
  }
  return items.length > 0;
}

function invalid(where: string, message: string): Failure {
  return new Failure('deploy.template-invalid', { message, where });
}
