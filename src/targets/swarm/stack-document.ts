import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { describeError, Failure } from '../../core/failure.js';

/** A Compose file, parsed with positions. */
export interface StackDocument {
  readonly path: string;
  readonly text: string;
  readonly document: Document;
  /** The file's `services`, anchors resolved, in the file's order. */
  readonly services: ReadonlyMap<string, YAMLMap>;
  /** 1-based line of an offset. */
  lineOf(offset: number): number;
  /** The whole file as plain data, anchors and merge keys resolved. */
  readonly data: unknown;
}

/**
 * Undefined: not a Compose file (no `services` map in which something has an `image` or a `build`). Throws
 * `deploy.template-invalid` for a Compose file that YAML or Compose cannot read.
 */
export function parseStack(path: string, text: string): StackDocument | undefined {
  if (!/\.ya?ml$/i.test(path)) return undefined;
  const lines = new LineCounter();
  const lineOf = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  const looksOurs = /^["']?services["']?[ \t]*:/m.test(text.replace(/^\uFEFF/, ''));
  const documents = readDocuments(path, text, lines, looksOurs);
  const mine = documents.find(
    (each) => isMap(each.contents) && isMap(resolveNode(each, lookUp(each, each.contents, 'services'))),
  );
  if (mine === undefined && !(looksOurs && documents.some((each) => each.errors.length > 0))) return undefined;
  refuseBroken(path, documents, lineOf);
  // A file of one host behind HAProxy has services too; Compose knows no such key.
  if (mine === undefined || (isMap(mine.contents) && lookUp(mine, mine.contents, 'haproxy'))) return undefined;
  if (documents.length > 1) throw invalid(path, 'A Compose file is one YAML document; this file has several', 1);
  const services = readServices(mine);
  if (![...services.values()].some((each) => lookUp(mine, each, 'image') || lookUp(mine, each, 'build')))
    return undefined;
  return { path, text, document: mine, services, lineOf, data: toPlainData(path, mine) };
}

/** The value node of a key: the map's own, or what its merge keys (`<<`) bring in; aliases not followed. */
export function lookUp(document: Document, map: YAMLMap, key: string, depth = 0): unknown {
  const own = map.items.find((pair) => keyText(pair.key) === key);
  if (own !== undefined) return own.value ?? undefined;
  if (depth > 50) return undefined;
  for (const pair of map.items) {
    if (keyText(pair.key) !== '<<') continue;
    for (const source of mergeSources(document, pair.value)) {
      const found = lookUp(document, source, key, depth + 1);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The node that an alias stands for; any other node is itself. */
export function resolveNode(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

/** Where a scalar's text is, without its anchor or tag. */
export function spanOf(scalar: Scalar): { readonly start: number; readonly end: number } | undefined {
  return scalar.range ? { start: scalar.range[0], end: scalar.range[1] } : undefined;
}

function readDocuments(path: string, text: string, lines: LineCounter, looksOurs: boolean): readonly Document[] {
  try {
    const parsed = parseAllDocuments(text, {
      merge: true,
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'silent',
    });
    return Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    if (!looksOurs) return [];
    throw invalid(path, `This YAML cannot be read: ${describeError(error)}`, 1, error);
  }
}

function refuseBroken(path: string, documents: readonly Document[], lineOf: (offset: number) => number): void {
  const error = documents.flatMap((each) => each.errors)[0];
  if (error !== undefined)
    throw invalid(path, `This YAML is broken: ${describeError(error)}`, lineOf(error.pos[0]), error);
}

function readServices(document: Document): ReadonlyMap<string, YAMLMap> {
  const services = new Map<string, YAMLMap>();
  const root = resolveNode(
    document,
    isMap(document.contents) ? lookUp(document, document.contents, 'services') : undefined,
  );
  if (!isMap(root)) return services;
  for (const pair of root.items) {
    const key = keyText(pair.key);
    const service = resolveNode(document, pair.value);
    if (key !== undefined && key !== '<<' && isMap(service)) services.set(key, service);
  }
  return services;
}

function mergeSources(document: Document, value: unknown): readonly YAMLMap[] {
  const resolved = resolveNode(document, value);
  const sources = isSeq(resolved) ? resolved.items.map((item) => resolveNode(document, item)) : [resolved];
  return sources.filter((source) => isMap(source));
}

function keyText(key: unknown): string | undefined {
  const value = isScalar(key) ? key.value : key;
  if (typeof value === 'symbol') return value.description;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

function toPlainData(path: string, document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 1000 });
  } catch (error) {
    throw invalid(path, `This YAML cannot be read: ${describeError(error)}`, 1, error);
  }
}

function invalid(path: string, message: string, line: number, cause?: unknown): Failure {
  return new Failure('deploy.template-invalid', {
    message,
    where: `${path}:${line}`,
    ...(cause !== undefined && { cause }),
  });
}
