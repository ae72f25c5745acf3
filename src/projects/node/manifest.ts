import { Failure } from '../../core/failure.js';
import type { SourceTree } from '../../core/source-tree.js';
import { type JsonNode, jsonAt, jsonMembers, jsonText, parseJsonDocument } from '../../formats/json-document.js';

/** A script's text and the line it is on. */
interface Script extends JsonNode {
  readonly value: string;
}

/** What a `package.json` says, by the members that matter here. */
export interface Manifest {
  readonly path: string;
  readonly root: JsonNode;
  /** Scripts that are texts, by name. */
  readonly scripts: ReadonlyMap<string, Script>;
  /** Names of `dependencies`: what is there at run time. */
  readonly dependencies: ReadonlySet<string>;
  readonly devDependencies: ReadonlySet<string>;
}

const members = [
  'name',
  'main',
  'bin',
  'type',
  'types',
  'typings',
  'exports',
  'homepage',
  'source',
  'scripts',
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'engines',
  'volta',
  'devEngines',
  'packageManager',
  'workspaces',
  'prisma',
];

/**
 * Undefined where there is no such file. Throws `detect.unreadable` for what is not a JSON object. Members of a wrong
 * type are as if they were not there.
 */
export function readManifest(tree: SourceTree, path: string): Manifest | undefined {
  const text = tree.read(path);
  if (text === undefined) return undefined;
  const root = parseManifest(text, path);
  return {
    path,
    root,
    scripts: new Map(jsonMembers(jsonAt(root, 'scripts')).filter(isText)),
    dependencies: namesIn(root, 'dependencies', 'optionalDependencies'),
    devDependencies: namesIn(root, 'devDependencies'),
  };
}

/** The line of the member at a path; undefined where it is not there. */
export function lineOf(manifest: Manifest, ...path: readonly string[]): number | undefined {
  return jsonAt(manifest.root, ...path)?.line;
}

/** The text of the member at a path; undefined where it is not there, no text, or holds control characters. */
export function plainText(manifest: Manifest, ...path: readonly string[]): string | undefined {
  const text = jsonText(manifest.root, ...path);
  return text === undefined || hasControl(text) ? undefined : text;
}

/** Whether a text has characters that no file name, version or command on one line has. */
export function hasControl(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  return /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text);
}

/** In UTF-16 units. The largest manifest that a person wrote has a hundredth of this. */
const maxSize = 1_000_000;

function parseManifest(text: string, path: string): JsonNode {
  const remedy = 'Make the file a JSON object that npm itself would read.';
  if (text.length > maxSize) {
    throw new Failure('detect.unreadable', { message: `${path} is larger than 1 MB`, where: path, remedy });
  }
  try {
    const root = parseJsonDocument(text, { members });
    if (root.value instanceof Map) return root;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Failure('detect.unreadable', {
      message: `${path} is not valid JSON: ${error.message}`,
      where: path,
      remedy,
      cause: error,
    });
  }
  throw new Failure('detect.unreadable', { message: `${path} does not hold a JSON object`, where: path, remedy });
}

function namesIn(root: JsonNode, ...keys: readonly string[]): ReadonlySet<string> {
  return new Set(keys.flatMap((key) => jsonMembers(jsonAt(root, key)).map(([name]) => name)));
}

function isText(member: readonly [string, JsonNode]): member is [string, Script] {
  return typeof member[1].value === 'string';
}
