import { member, textMember } from '../formats/json-member.js';
import { types } from './documents.js';
import type { PublicKey, SigningKey } from './keys.js';

/** A signed envelope (https://github.com/secure-systems-lab/dsse/blob/master/envelope.md) around a statement. */
export function sealStatement(statement: Uint8Array, key: SigningKey): Uint8Array {
  const signature = key.sign(preAuthEncoding(types.statement, statement));
  const envelope = {
    payloadType: types.statement,
    payload: Buffer.from(statement).toString('base64'),
    signatures: [{ sig: Buffer.from(signature).toString('base64') }],
  };
  return Buffer.from(JSON.stringify(envelope));
}

/** The statement in an envelope, where the key signed it; undefined where it did not, or it is no envelope. */
export function openEnvelope(envelope: Uint8Array, key: PublicKey): Uint8Array | undefined {
  const parsed = parseJson(envelope);
  const [type, payload, signatures] = [
    textMember(parsed, 'payloadType'),
    textMember(parsed, 'payload'),
    member(parsed, 'signatures'),
  ];
  if (type !== types.statement || payload === undefined || !Array.isArray(signatures)) return undefined;
  const statement = Buffer.from(payload, 'base64');
  const signed = preAuthEncoding(type, statement);
  const isSigned = signatures.slice(0, 20).some((one: unknown) => {
    const signature = textMember(one, 'sig');
    return signature !== undefined && key.verify(signed, Buffer.from(signature, 'base64'));
  });
  return isSigned ? statement : undefined;
}

/** What is signed (https://github.com/secure-systems-lab/dsse/blob/master/protocol.md, "PAE"). */
function preAuthEncoding(type: string, payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** Undefined for what is no JSON. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
