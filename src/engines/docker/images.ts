import type Docker from 'dockerode';
import type { RunContext } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import { registryOf } from '../../core/image-name.js';
import type { UsedImage } from '../../core/plan.js';
import { numberMember, textMember } from '../../formats/json-member.js';
import { registryAuth } from '../../registry/credential.js';
import { describeCredential, findCredential } from '../../registry/credentials.js';
import { unlessAborted } from './cleanup.js';
import { asFailure, engineMessage, isLost, statusOf } from './engine-error.js';
import { readJsonLines } from './json-lines.js';
import type { DockerEngineOptions } from './options.js';

/** What the engine says of an image it has; undefined when it has none of that name. */
export async function inspectImage(docker: Docker, reference: string): Promise<Docker.ImageInspectInfo | undefined> {
  try {
    return await docker.getImage(reference).inspect();
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** An image under the name it was asked for by. */
export function usedImage(name: string, image: Docker.ImageInspectInfo): UsedImage {
  return { name, id: image.Id, digests: image.RepoDigests ?? [] };
}

/**
 * The image, pulled with the client's credentials when the engine has none of that name, or only one of another platform
 * than the wanted one (`os/arch`, `os/arch/variant`). Throws `build.base-image`.
 */
export async function ensureImage(
  docker: Docker,
  reference: string,
  options: DockerEngineOptions,
  context: RunContext,
  platform?: string,
): Promise<Docker.ImageInspectInfo> {
  const found = await inspectImage(docker, reference);
  if (found && isFor(found, platform)) return found;
  try {
    await pullImage(docker, reference, options, context, platform);
  } catch (error) {
    if (!found || context.signal.aborted || isLost(error)) throw error;
    throw wrongPlatform(reference, found, platform, error);
  }
  const pulled = await inspectImage(docker, reference);
  if (!pulled) throw noImage(reference, 'the engine pulled it and does not have it', undefined);
  if (!isFor(pulled, platform)) throw wrongPlatform(reference, pulled, platform, undefined);
  return pulled;
}

/** A variant counts where both name one: `linux/arm/v7`. */
function isFor(image: Docker.ImageInspectInfo, platform: string | undefined): boolean {
  const [system, architecture, variant] = platform?.split('/') ?? [];
  const has = platformOf(image).split('/');
  return (
    platform === undefined ||
    (has[0] === system &&
      has[1] === architecture &&
      (variant === undefined || has[2] === undefined || has[2] === variant))
  );
}

function platformOf(image: Docker.ImageInspectInfo): string {
  const variant = 'Variant' in image && typeof image.Variant === 'string' ? image.Variant : '';
  return [image.Os, image.Architecture, variant].filter((part) => part !== '').join('/');
}

function wrongPlatform(
  reference: string,
  image: Docker.ImageInspectInfo,
  platform: string | undefined,
  cause: unknown,
): Failure {
  return new Failure('build.base-image', {
    message: `The image ${reference} is for ${platformOf(image)}, and ${platform} is to be built`,
    where: reference,
    remedy: `Name a base of that platform in image.base, pull it (\`docker pull --platform ${platform} ${reference}\`), or set image.platform to ${platformOf(image)}.`,
    cause,
  });
}

async function pullImage(
  docker: Docker,
  reference: string,
  options: DockerEngineOptions,
  context: RunContext,
  platform: string | undefined,
): Promise<void> {
  context.progress.info(`pulling ${reference}`);
  const credential = await findCredential(registryOf(reference), options);
  try {
    const pull = { authconfig: registryAuth(credential), abortSignal: context.signal, ...(platform && { platform }) };
    const stream = await docker.createImage({ fromImage: reference, ...pull } as object);
    await unlessAborted(followPull(stream as AsyncIterable<Buffer>, reference, context), context.signal);
  } catch (error) {
    if (context.signal.aborted || isLost(error) || error instanceof Failure) {
      throw asFailure(error, 'build.base-image', `pulling ${reference}`, context.signal);
    }
    throw noImage(reference, engineMessage(error), describeCredential(credential), error);
  }
}

async function followPull(stream: AsyncIterable<Buffer>, reference: string, context: RunContext): Promise<void> {
  const layers = new Map<string, { current: number; total: number }>();
  for await (const event of readJsonLines(stream)) {
    const error = textMember(event, 'error');
    if (error !== undefined) throw Object.assign(new Error(error), { statusCode: 500, json: { message: error } });
    const total = numberMember(event, 'progressDetail', 'total');
    if (textMember(event, 'status') !== 'Downloading' || total === undefined) continue;
    layers.set(textMember(event, 'id') ?? '', {
      current: numberMember(event, 'progressDetail', 'current') ?? 0,
      total,
    });
    context.progress.status(`pull ${reference} ${formatProgress([...layers.values()])}`);
  }
}

/** `12.3/40.1 MB` over all layers that are known so far. */
export function formatProgress(layers: readonly { readonly current: number; readonly total: number }[]): string {
  const sum = (key: 'current' | 'total') => layers.reduce((all, layer) => all + layer[key], 0) / 1e6;
  return `${sum('current').toFixed(1)}/${sum('total').toFixed(1)} MB`;
}

function noImage(reference: string, why: string, tried: string | undefined, cause?: unknown): Failure {
  const shown = tried === undefined ? '' : `; shown: ${tried}`;
  return new Failure('build.base-image', {
    message: `The image ${reference} is neither in the engine nor can it be pulled: ${why}${shown}`,
    where: reference,
    remedy: `Check the name and the login (\`docker login\`), or make the image in the engine: \`docker pull ${reference}\`.`,
    cause,
  });
}
