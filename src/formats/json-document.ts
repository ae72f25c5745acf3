import { printParseErrorCode, visit } from 'jsonc-parser';

/** One value of a JSON text with the line it begins on; an object's own is the line of its key. */
export interface JsonNode {
  /** 1-based. */
  readonly line: number;
  readonly value: JsonScalar | ReadonlyMap<string, JsonNode> | readonly JsonNode[];
}

type JsonScalar = string | number | boolean | null;

export interface JsonOptions {
  /** Comments and trailing commas are accepted, as TypeScript's configuration files have them. */
  readonly relaxed?: boolean;
  /** Of the outermost object, only these members are kept: a huge file then costs no more than what is asked of it. */
  readonly members?: readonly string[];
}

interface Open {
  readonly value: Map<string, JsonNode> | JsonNode[];
  key: string;
  keyLine: number;
}

/**
 * Read JSON with line numbers. Of a key that is there twice the last wins, as `JSON.parse` has it. A thousand blanks and more
 * in a row, even inside a text, count as one.
 * Throws SyntaxError, whose message ends with ` at line N`; nesting deeper than the stack allows is one too.
 */
export function parseJsonDocument(text: string, options: JsonOptions = {}): JsonNode {
  try {
    return readDocument(text, options);
  } catch (error) {
    if (error instanceof RangeError) throw new SyntaxError('values are nested too deeply');
    throw error;
  }
}

function readDocument(text: string, options: JsonOptions): JsonNode {
  const stack: Open[] = [];
  let root: JsonNode | undefined;

  function isWanted(): boolean {
    const outermost = stack[0];
    return stack.length !== 1 || !options.members || !outermost || options.members.includes(outermost.key);
  }
  function add(value: JsonNode['value'], line: number): void {
    const open = stack.at(-1);
    if (!open) root ??= { value, line };
    else if (Array.isArray(open.value)) open.value.push({ value, line });
    else open.value.set(open.key, { value, line: open.keyLine });
  }
  function begin(value: Open['value'], line: number): boolean {
    const wanted = isWanted();
    if (wanted) add(value, line + 1);
    // An unwanted one is pushed too: its end is reported although its members are not.
    stack.push({ value, key: '', keyLine: 0 });
    return wanted;
  }

  visit(
    // The tokeniser holds each blank of a run as a value of its own.
    text.replace(/(?<![ \t])[ \t]{1000,}/g, ' '),
    {
      onObjectBegin: (_offset, _length, line) => begin(new Map(), line),
      onArrayBegin: (_offset, _length, line) => begin([], line),
      onObjectProperty(key, _offset, _length, line) {
        const open = stack.at(-1);
        if (open) Object.assign(open, { key, keyLine: line + 1 });
      },
      onObjectEnd: () => void stack.pop(),
      onArrayEnd: () => void stack.pop(),
      onLiteralValue(value: JsonScalar, _offset, _length, line) {
        if (isWanted()) add(value, line + 1);
      },
      onError(code, _offset, _length, line) {
        throw new SyntaxError(`${printParseErrorCode(code)} at line ${line + 1}`);
      },
    },
    options.relaxed ? { allowTrailingComma: true } : { disallowComments: true },
  );
  if (!root) throw new SyntaxError('no value at line 1');
  return root;
}

/** The node at a path of member names; undefined where a member is missing or its parent is not an object. */
export function jsonAt(node: JsonNode | undefined, ...path: readonly string[]): JsonNode | undefined {
  let at = node;
  for (const key of path) at = at?.value instanceof Map ? at.value.get(key) : undefined;
  return at;
}

/** The text at a path; undefined where there is none or it is no text. */
export function jsonText(node: JsonNode | undefined, ...path: readonly string[]): string | undefined {
  const value = jsonAt(node, ...path)?.value;
  return typeof value === 'string' ? value : undefined;
}

/** An object's members in the order of the file; empty for anything else. */
export function jsonMembers(node: JsonNode | undefined): readonly (readonly [string, JsonNode])[] {
  return node?.value instanceof Map ? [...node.value] : [];
}

/** An array's elements; empty for anything else. */
export function jsonElements(node: JsonNode | undefined): readonly JsonNode[] {
  return Array.isArray(node?.value) ? node.value : [];
}
