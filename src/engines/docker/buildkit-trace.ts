/**
 * A reader for the part of BuildKit's progress messages that is shown: `StatusResponse` of moby/buildkit,
 * api/services/control/control.proto (fields by number: vertexes = 1, logs = 3; `Vertex`: digest 1, name 3, cached 4,
 * started 5, completed 6, error 7; `VertexLog`: vertex 1, msg 4), in protobuf wire format.
 */
export interface BuildStatus {
  readonly vertices: readonly BuildVertex[];
  /** Output of RUN instructions: raw bytes, which may end inside a character. */
  readonly logs: readonly { readonly vertex: string; readonly message: Buffer }[];
}

export interface BuildVertex {
  readonly digest: string;
  readonly name: string;
  readonly cached: boolean;
  readonly started: boolean;
  readonly completed: boolean;
  readonly error: string;
}

type Field = { readonly number: number; readonly bytes: Buffer } | { readonly number: number; readonly value: number };

/** Throws `RangeError` for bytes that are no such message. */
export function readBuildStatus(message: Buffer): BuildStatus {
  const vertices: BuildVertex[] = [];
  const logs: { vertex: string; message: Buffer }[] = [];
  for (const field of readFields(message)) {
    if (!('bytes' in field)) continue;
    if (field.number === 1) vertices.push(readVertex(field.bytes));
    if (field.number === 3) logs.push(readLog(field.bytes));
  }
  return { vertices, logs };
}

function readVertex(bytes: Buffer): BuildVertex {
  const fields = [...readFields(bytes)];
  const has = (number: number) => fields.some((field) => field.number === number);
  return {
    digest: textOf(fields, 1),
    name: textOf(fields, 3),
    cached: fields.some((field) => field.number === 4 && 'value' in field && field.value !== 0),
    started: has(5),
    completed: has(6),
    error: textOf(fields, 7),
  };
}

function readLog(bytes: Buffer): { vertex: string; message: Buffer } {
  const fields = [...readFields(bytes)];
  const message = fields.find((field) => field.number === 4);
  return { vertex: textOf(fields, 1), message: message && 'bytes' in message ? message.bytes : Buffer.alloc(0) };
}

function textOf(fields: readonly Field[], number: number): string {
  const field = fields.find((candidate) => candidate.number === number);
  return field && 'bytes' in field ? field.bytes.toString('utf8') : '';
}

function* readFields(bytes: Buffer): Generator<Field> {
  let at = 0;
  const varint = () => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined || scale > 2 ** 63) throw new RangeError('not a protobuf message');
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  };
  const take = (length: number) => {
    if (at + length > bytes.length) throw new RangeError('not a protobuf message');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, bytes: take(8) };
        break;
      case 2:
        yield { number, bytes: take(varint()) };
        break;
      case 5:
        yield { number, bytes: take(4) };
        break;
      default:
        throw new RangeError('not a protobuf message');
    }
  }
}
