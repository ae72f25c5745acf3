import { SaxesParser } from 'saxes';

/** An element with its place. Names are local: a namespace prefix is dropped. */
export interface XmlElement {
  readonly name: string;
  /** 1-based line on which the start tag begins. */
  readonly line: number;
  /** The element's own character data and CDATA, joined, without what its children hold; not trimmed. */
  readonly text: string;
  readonly children: readonly XmlElement[];
  readonly attributes: Readonly<Record<string, string>>;
}

interface OpenElement extends XmlElement {
  text: string;
  readonly children: OpenElement[];
  readonly attributes: Record<string, string>;
}

/** What no manifest written for people reaches: more is refused before it costs time. */
const maxCharacters = 2_000_000;
const maxDepth = 200;

/**
 * Read a whole XML document. A DTD is skipped unread: entities that it declares are never resolved, so none can grow or
 * reach a file; a reference to one is an error, as is any other offence against well-formedness.
 * Throws SyntaxError, whose message ends with ` at line N`.
 */
export function parseXml(text: string): XmlElement {
  if (text.length > maxCharacters) throw new SyntaxError(`more than ${maxCharacters} characters at line 1`);
  const parser = new SaxesParser();
  const stack: OpenElement[] = [];
  let root: OpenElement | undefined;
  let startLine = 1;

  parser.on('error', (error) => {
    throw new SyntaxError(`${withoutPosition(error.message)} at line ${parser.line}`);
  });
  parser.on('opentagstart', () => {
    // Reported one character after the name: where that was a line end, the tag began on the line before.
    startLine = parser.columnIndex === 0 ? parser.line - 1 : parser.line;
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (stack.length >= maxDepth) throw new SyntaxError(`elements nested deeper than ${maxDepth} at line ${startLine}`);
    const element: OpenElement = { name: localName(name), line: startLine, text: '', children: [], attributes };
    stack.at(-1)?.children.push(element);
    root ??= element;
    stack.push(element);
  });
  parser.on('closetag', () => void stack.pop());
  parser.on('text', addText);
  parser.on('cdata', addText);

  function addText(chunk: string): void {
    const open = stack.at(-1);
    if (open) open.text += chunk;
  }

  parser.write(text.startsWith('\uFEFF') ? text.slice(1) : text).close();
  if (!root) throw new SyntaxError('no element at line 1');
  return root;
}

/** saxes prefixes its messages with `line:column: `. */
function withoutPosition(message: string): string {
  return message.replace(/^\d+:\d+: /, '').replace(/\.$/, '');
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
