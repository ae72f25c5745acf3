import type { Engine, RunContext } from '../core/engine.js';
import { Failure } from '../core/failure.js';
import type { Repository } from '../core/image-name.js';
import type { Image, Release } from '../core/plan.js';

/**
 * Push an image to its registry and to every further one. All have it when this returns. Where one fails, the others are pushed to
 * all the same, except after `push.tag-exists` in the image's own: a version that means something else is not spread. Then it
 * throws the first failure, with an account of which have it and which not; running it again completes the rest.
 */
export async function pushRelease(image: Image, engine: Engine, context: RunContext): Promise<Release> {
  const { also = [], ...main } = image;
  const pushed: Release[] = [];
  const failed: { readonly repository: Repository; readonly failure: Failure }[] = [];
  for (const repository of [image.repository, ...also]) {
    context.progress.step(`push   ${repository}:${image.tags[0]}`);
    try {
      pushed.push(await engine.push({ ...main, repository }, context));
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof Failure) || also.length === 0) throw error;
      failed.push({ repository, failure: error });
      if (repository === image.repository && error.code === 'push.tag-exists') break;
      context.progress.warn(`${repository}: ${error.message}`);
    }
  }
  const [release, ...others] = pushed;
  if (failed.length > 0 || release === undefined) throw accountFor(pushed, failed, also.length + 1);
  const places = others.map(({ repository, digest }) => ({ repository, digest }));
  return places.length === 0 ? release : { ...release, also: places };
}

function accountFor(
  pushed: readonly Release[],
  failed: readonly { readonly repository: Repository; readonly failure: Failure }[],
  wanted: number,
): Failure {
  const [first] = failed;
  const { code = 'push.failed', message = 'The push failed', where, remedy } = first?.failure ?? {};
  const has = pushed.map(({ repository, digest }) => `has it: ${repository}@${digest}`);
  const not = failed.map(({ repository, failure }) => `does not: ${repository} (${failure.code})`);
  const rest = wanted - pushed.length - failed.length;
  return new Failure(code, {
    message: `${pushed.length} of ${wanted} registries have the image. ${message}`,
    ...(where !== undefined && { where }),
    remedy:
      `${remedy ?? ''} The same command pushes to those that do not have it, and sends nothing to the others.`.trim(),
    account: [...has, ...not, ...(rest > 0 ? [`not tried: ${rest}`] : [])],
    cause: first?.failure,
  });
}
