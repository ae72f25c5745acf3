import { createHash } from 'node:crypto';
import { errorCode, Failure } from '../core/failure.js';
import type { Digest } from '../core/image-name.js';

/** One thing that was looked at. */
export interface Check {
  readonly name: CheckName;
  /** `absent`: there is none, which fails only what is required. */
  readonly state: 'ok' | 'failed' | 'absent';
  readonly says: string;
}

export const checkNames = [
  'digest',
  'tag',
  'config',
  'layers',
  'labels',
  'release',
  'sbom',
  'provenance',
  'signature',
  'signed-sbom',
  'signed-provenance',
] as const;
export type CheckName = (typeof checkNames)[number];

/** The image itself, as far as it is what its digest says. */
export interface ProvedImage {
  readonly digest: Digest;
  readonly labels: Readonly<Record<string, string>>;
}

const prefix = 'org.opencontainers.image.';

/** A label of the OCI image-spec, by its short name. */
export function labelOf(image: ProvedImage, name: string): string | undefined {
  const labels = image.labels;
  return Object.hasOwn(labels, prefix + name) ? labels[prefix + name] : undefined;
}

/** The digest that bytes have. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

/** The port proves what it reads: bytes that are not what their digest says end as `corrupt`, here no trouble but an answer. */
export async function unlessCorrupt<T>(read: () => Promise<T>): Promise<T | 'corrupt'> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Failure && errorCode(error.cause) === 'EBADMSG') return 'corrupt';
    throw error;
  }
}
