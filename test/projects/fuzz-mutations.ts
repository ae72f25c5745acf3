/** Makes a file's bytes into others. */
export type Mutation = (bytes: Buffer) => Buffer;

const text =
  (change: (text: string) => string): Mutation =>
  (bytes) =>
    Buffer.from(change(bytes.toString('utf8')));
const prefix =
  (...bytes: readonly number[]): Mutation =>
  (rest) =>
    Buffer.concat([Buffer.from(bytes), rest]);
const utf16 = (content: Buffer): Buffer => Buffer.from(content.toString('utf8'), 'utf16le');

/** To a size just below a limit. */
function fill(piece: string, size: number): Mutation {
  return (bytes) => {
    const count = Math.max(0, Math.floor((size - bytes.length) / Buffer.byteLength(piece)));
    return Buffer.concat([bytes, Buffer.from(piece.repeat(count))]);
  };
}

const anchors = `a: &a [x, x]\n${Array.from({ length: 30 }, (_, index) => `b${index}: &b${index} [*${index ? `b${index - 1}` : 'a'}, *${index ? `b${index - 1}` : 'a'}]\n`).join('')}`;
const entities = `<!DOCTYPE x [<!ENTITY e0 "ha">${Array.from({ length: 30 }, (_, index) => `<!ENTITY e${index + 1} "&e${index};&e${index};">`).join('')}]>`;

/**
 * Every mutation that leaves a file small, by its name. `canary` is a file outside of every project, to which entities and links lead.
 */
export function mutationsWith(canary: string): Readonly<Record<string, Mutation>> {
  const external = `<!DOCTYPE x [<!ENTITY e SYSTEM "file://${canary}"><!ENTITY % p SYSTEM "file://${canary}"> %p;]>`;
  return {
    empty: () => Buffer.alloc(0),
    blank: () => Buffer.from(' \t\r\n'),
    'cut in half': (bytes) => bytes.subarray(0, bytes.length / 2),
    'without its last byte': (bytes) => bytes.subarray(0, -1),
    'a byte order mark': prefix(0xef, 0xbb, 0xbf),
    'two byte order marks': prefix(0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf),
    'UTF-16, little end first': (bytes) => prefix(0xff, 0xfe)(utf16(bytes)),
    'UTF-16, big end first': (bytes) => prefix(0xfe, 0xff)(utf16(bytes).swap16()),
    'UTF-16 without a mark': utf16,
    'half of a surrogate pair': text((content) => content.replace(/[a-z]/g, '\ud83d')),
    'Windows line ends': text((content) => content.replaceAll('\n', '\r\n')),
    'old Macintosh line ends': text((content) => content.replaceAll('\n', '\r')),
    'a zero byte': text((content) => `${content}\0`),
    'bytes that are no UTF-8': prefix(0xc3, 0x28, 0xff),
    'itself twice': text((content) => content + content),
    'every line twice': text((content) => content.replace(/^.*$/gm, '$&\n$&')),
    'lines backwards': text((content) => content.split('\n').reverse().join('\n')),
    'texts as numbers': text((content) => content.replace(/"[^"\n]*"/g, '1')),
    'values as lists': text((content) => content.replace(/: ("[^"\n]*")/g, ': [[$1]]')),
    'values as objects': text((content) => content.replace(/: ("[^"\n]*")/g, ': {"__proto__": $1}')),
    'numbers as long ones': text((content) => content.replace(/\d+/g, '9'.repeat(400))),
    'names as reserved ones': text((content) => content.replace(/\b[a-z]{4,}\b/g, 'constructor')),
    null: () => Buffer.from('null'),
    'a number': () => Buffer.from('1e999'),
    'a list': () => Buffer.from('[{"name":1}]'),
    'a YAML alias of itself': () => Buffer.from('a: &a\n  b: *a\npackages: *a\nserver: *a\n'),
    'an XML entity from outside': text((content) => `${external}${content.replaceAll('</', '&e;</')}`),
    'keys twice': text((content) => content.replace(/^(\s*)(["\w][^:\n]{0,80}:[^\n]*?),?$/gm, '$1$2,\n$1$2,')),
    'an XML entity by its number': text((content) => content.replaceAll('</', '&#0;&#x110000;&amp;lt;</')),
    'a YAML tag that makes objects': () =>
      Buffer.from('!!js/function "x"\npackages: !!binary aGk=\n<<: [*a]\n? {a: 1}\n: 2\n'),
  };
}

/** As large as a manifest may be, and as a lockfile may be. */
const sizes = { '1 MB': 999_000, '10 MB': 9_990_000 };
const pieces = { lines: '\n', blanks: ' ', quotes: '"', 'one word': 'a', 'short keys': '\na: 1' };

/** Those that make a file huge or deep, by their names. */
export const hugeMutations: Readonly<Record<string, Mutation>> = {
  'deep lists': () => Buffer.from('['.repeat(200_000)),
  'deep objects': () => Buffer.from('{"a":'.repeat(100_000)),
  'deep elements': () => Buffer.from('<project>'.repeat(100_000)),
  'deep blocks': text((content) => `${content}\n${'a { '.repeat(100_000)}`),
  'deep indentation': text(
    (content) => content + Array.from({ length: 1400 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
  ),
  'YAML anchors that grow': () => Buffer.from(anchors),
  'XML entities that grow': text((content) => `${entities}${content.replaceAll('>', '>&e30;')}`),
  'more than 10 MB': (bytes) => Buffer.concat([bytes, Buffer.alloc(10_000_001, 0x20)]),
  ...Object.fromEntries(
    Object.entries(sizes).flatMap(([name, size]) => [
      [`${name} of itself`, (bytes: Buffer) => fill(`${bytes.toString('utf8')}\n`, size)(bytes)] as const,
      ...Object.entries(pieces).map(([what, piece]) => [`${name} of ${what}`, fill(piece, size)] as const),
    ]),
  ),
};
