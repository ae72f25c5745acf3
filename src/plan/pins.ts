import { Failure } from '../core/failure.js';
import { type Digest, parseDigest, tryParseImageReference } from '../core/image-name.js';

/** Digests of images by the name they are asked for by, tag included. */
export type Pins = Readonly<Record<string, Digest>>;

/** The file of pins in a project. */
export const pinsFile = '.slipway/pins.json';

/** Pins, and whether an image without one is refused. */
export interface PinChoice {
  readonly images: Pins;
  readonly required: boolean;
}

/**
 * `name:tag@sha256:…` where the image has a pin. An image that has a digest already, and `scratch`, stay as they are. Throws
 * `settings.invalid` for an image without a pin where every one must have one.
 */
export function pinImage(image: string, pins: PinChoice | undefined): string {
  if (pins === undefined || !isPinnable(image)) return image;
  const digest = Object.hasOwn(pins.images, image) ? pins.images[image] : undefined;
  if (digest !== undefined) return `${image}@${digest}`;
  if (!pins.required) return image;
  throw new Failure('settings.invalid', {
    message: `${image} has no pinned digest, and image.pins requires one`,
    where: pinsFile,
    remedy: 'Run `slipway pin` with the same settings, and commit the file.',
  });
}

/** Whether a registry can be asked for the image's digest, and nobody has written one down. */
export function isPinnable(image: string): boolean {
  return image !== 'scratch' && tryParseImageReference(image)?.digest === undefined;
}

/** Read the file of pins, format 1. Throws `settings.invalid`, with the file, for anything else. */
export function parsePins(text: string, file: string): Pins {
  const { format, images } = Object(parseJson(text, file)) as { readonly format?: unknown; readonly images?: unknown };
  if (format !== 1 || typeof images !== 'object' || images === null || Array.isArray(images))
    throw notPins(file, 'it is not {"format": 1, "images": {…}}');
  return Object.fromEntries(Object.entries(images).map(([image, digest]) => [image, parsePin(image, digest, file)]));
}

/** The file's text: sorted, so that two branches rarely touch the same line. */
export function formatPins(pins: Pins): string {
  const images = Object.entries(pins).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${JSON.stringify({ format: 1, images: Object.fromEntries(images) }, null, 2)}\n`;
}

function parsePin(image: string, digest: unknown, file: string): Digest {
  if (tryParseImageReference(image) === undefined || typeof digest !== 'string')
    throw notPins(file, `${JSON.stringify(image.slice(0, 100))} is not an image with its digest`);
  try {
    return parseDigest(digest);
  } catch (cause) {
    throw notPins(file, `the digest of ${image} is not sha256: and 64 hexadecimal digits`, cause);
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notPins(file, 'it is not JSON', cause);
  }
}

function notPins(where: string, why: string, cause?: unknown): Failure {
  return new Failure('settings.invalid', {
    message: `The file of pinned images cannot be used: ${why}`,
    where,
    remedy: 'Remove it, and make it again with `slipway pin`.',
    cause,
  });
}
