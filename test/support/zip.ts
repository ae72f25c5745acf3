import { crc32, deflateRawSync } from 'node:zlib';

/** Content of the entries of an archive, by name. */
export type ZipEntries = Readonly<Record<string, string | Buffer>>;

/** A zip with these entries in this order, deflated, without directories and times. */
export function makeZip(entries: ZipEntries): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const bytes = Buffer.from(content as string);
    const packed = deflateRawSync(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    const local = [Buffer.from('PK\u0003\u0004', 'latin1'), common, Buffer.from(name), packed];
    central.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), common, rest, Buffer.from(name)]));
    parts.push(...local);
    offset += local.reduce((sum, part) => sum + part.length, 0);
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 0, 'latin1');
  end.writeUInt16LE(central.length, 8);
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}

/** The beginning of a class file for a Java release. */
export function classFile(java: number): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.writeUInt32BE(0xcafebabe, 0);
  bytes.writeUInt16BE(java + 44, 6);
  return bytes;
}

/** A manifest's text, each line ended after 70 bytes as the JDK does. */
export function manifestOf(attributes: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ 'Manifest-Version': '1.0', ...attributes }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return `${lines.map((line) => line.replace(/.{70}(?=.)/g, '$&\r\n ')).join('\r\n')}\r\n\r\n`;
}
