import { type Component, isPlainName, nothing, type Reading } from './component.js';

/** Beginning of what the Go linker writes about a program (https://pkg.go.dev/debug/buildinfo, `buildInfoMagic`). */
const magic = Buffer.from('\u00ff Go buildinf:', 'latin1');
const headerSize = 32;
const alignment = 16;
/** A module list of a thousand dependencies is some 100 kB. */
const longestText = 4_000_000;

/** Whether a file may be a program: what the catalogue reads only for those that the owner may execute. */
export function isProgram(content: Uint8Array): boolean {
  return startsWith(content, 0, [0x7f, 0x45, 0x4c, 0x46]);
}

/** The modules that a Go program was built of, and Go's own library; nothing for a program of another language. */
export function readGoProgram(path: string, content: Uint8Array): Reading {
  for (let at = find(content, 0); at >= 0; at = find(content, at + alignment)) {
    const info = readBuildInfo(content, at);
    if (info) return { components: componentsOf(path, info), unreadable: [] };
  }
  return nothing;
}

interface BuildInfo {
  /** `go1.26.8` */
  readonly version: string;
  readonly modules: string;
}

/** As `debug/buildinfo` reads it: texts behind the header since Go 1.18, pointers to Go strings before. */
function readBuildInfo(content: Uint8Array, at: number): BuildInfo | undefined {
  const [pointerSize = 0, flags = 0] = content.subarray(at + magic.length, at + magic.length + 2);
  const texts = flags & 2 ? inlineTexts(content, at + headerSize) : pointedTexts(content, at, pointerSize, flags);
  if (texts === undefined || !/^(go\d|devel )/.test(texts[0])) return undefined;
  return { version: texts[0], modules: withoutSentinels(texts[1]) };
}

function inlineTexts(content: Uint8Array, at: number): readonly [string, string] | undefined {
  const version = varintText(content, at);
  const modules = version && varintText(content, version.end);
  return version && modules && [version.text, modules.text];
}

function varintText(content: Uint8Array, at: number): { readonly text: string; readonly end: number } | undefined {
  let [length, shift, start] = [0, 1, at];
  for (;;) {
    const byte = content[start];
    if (byte === undefined || start - at > 5) return undefined;
    start += 1;
    length += (byte & 0x7f) * shift;
    shift *= 128;
    if (byte < 0x80) break;
  }
  const end = start + length;
  if (length > longestText || end > content.length) return undefined;
  return { text: decode(content, start, end), end };
}

function pointedTexts(
  content: Uint8Array,
  at: number,
  pointerSize: number,
  flags: number,
): readonly [string, string] | undefined {
  if (pointerSize !== 4 && pointerSize !== 8) return undefined;
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const little = (flags & 1) === 0;
  const offsetOf = addressReader(content, view);
  const word = (offset: number): number | undefined => {
    if (offset < 0 || offset + pointerSize > content.length) return undefined;
    return pointerSize === 4 ? view.getUint32(offset, little) : Number(view.getBigUint64(offset, little));
  };
  const text = (pointerAt: number): string | undefined => {
    const header = offsetOf(word(pointerAt));
    if (header === undefined) return undefined;
    const [start, length] = [offsetOf(word(header)), word(header + pointerSize)];
    if (length === 0) return '';
    if (start === undefined || length === undefined || length > longestText || start + length > content.length)
      return undefined;
    return decode(content, start, start + length);
  };
  const [version, modules] = [text(at + 16), text(at + 16 + pointerSize)];
  return version === undefined ? undefined : [version, modules ?? ''];
}

/** From an address in memory to its place in the file, by the ELF file's loaded segments (elf(5)). */
function addressReader(content: Uint8Array, view: DataView): (address: number | undefined) => number | undefined {
  const wide = content[4] === 2;
  const little = content[5] === 1;
  const word = (offset: number) => (wide ? Number(view.getBigUint64(offset, little)) : view.getUint32(offset, little));
  const segments: { readonly address: number; readonly offset: number; readonly size: number }[] = [];
  if (content.length >= 64) {
    const table = word(wide ? 32 : 28);
    const [entrySize, count] = wide
      ? [view.getUint16(54, little), view.getUint16(56, little)]
      : [view.getUint16(42, little), view.getUint16(44, little)];
    for (let index = 0; index < Math.min(count, 200); index += 1) {
      const entry = table + index * entrySize;
      if (entry + (wide ? 56 : 32) > content.length) break;
      if (view.getUint32(entry, little) !== 1) continue;
      segments.push(
        wide
          ? { offset: word(entry + 8), address: word(entry + 16), size: word(entry + 32) }
          : { offset: word(entry + 4), address: word(entry + 8), size: word(entry + 16) },
      );
    }
  }
  return (address) => {
    if (address === undefined) return undefined;
    const segment = segments.find((one) => address >= one.address && address < one.address + one.size);
    return segment && segment.offset + (address - segment.address);
  };
}

/** The linker marks the text's ends with 16 bytes each, so that it can be found in memory. */
function withoutSentinels(text: string): string {
  return text.length >= 33 && text.at(-17) === '\n' ? text.slice(16, -16) : '';
}

function componentsOf(path: string, info: BuildInfo): readonly Component[] {
  const modules: { path: string; version: string }[] = [];
  for (const line of info.modules.split('\n')) {
    const [key, module, version] = line.split('\t');
    if (module === undefined) continue;
    // `=>`: what the module before it was replaced by is what was compiled.
    if (key === '=>') modules.pop();
    if (key === 'mod' || key === 'dep' || key === '=>') modules.push({ path: module, version: version ?? '' });
  }
  const library = /^go(\d\S*)/.exec(info.version)?.[1];
  return [
    { ecosystem: 'golang', name: 'stdlib', ...(library !== undefined && { version: library }), path },
    ...modules.flatMap((module) => moduleComponent(path, module)),
  ];
}

function moduleComponent(
  path: string,
  { path: module, version }: { readonly path: string; readonly version: string },
): readonly Component[] {
  if (!isPlainName(module)) return [];
  const slash = module.lastIndexOf('/');
  return [
    {
      ecosystem: 'golang',
      ...(slash > 0 && { namespace: module.slice(0, slash) }),
      name: module.slice(slash + 1),
      // A program built from its own sources has `(devel)`, which is no version.
      ...(isPlainName(version) && version !== '(devel)' && { version }),
      path,
    },
  ];
}

/** The search is the runtime's own: a program has a hundred megabytes and more. */
function find(content: Uint8Array, from: number): number {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  let at = bytes.indexOf(magic, from);
  while (at >= 0 && at % alignment !== 0) at = bytes.indexOf(magic, at + 1);
  return at;
}

function startsWith(content: Uint8Array, at: number, wanted: ArrayLike<number>): boolean {
  for (let index = 0; index < wanted.length; index += 1) if (content[at + index] !== wanted[index]) return false;
  return true;
}

function decode(content: Uint8Array, start: number, end: number): string {
  return new TextDecoder().decode(content.subarray(start, end));
}
