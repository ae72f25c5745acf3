import { Failure } from '../../core/failure.js';
import { tryParseImageReference } from '../../core/image-name.js';
import { openEngine } from '../build-site.js';
import { catalogueImage } from '../catalogue-image.js';
import type { CommandResult } from '../result.js';
import { packageVersion } from '../version.js';
import { contextOf, type World } from '../world.js';

/** `slipway sbom`: what is in an image of the engine, on stdout. */
export async function runSbom(world: World): Promise<CommandResult> {
  const subject = world.options.subject ?? '';
  const engine = await openEngine(world);
  const found = await engine.findImage(subject);
  if (found === undefined) {
    throw new Failure('push.image-missing', {
      message: `The engine has no image ${subject}`,
      where: subject,
      remedy: `Build it (\`slipway build\`) or fetch it (\`docker pull ${subject}\`) first.`,
    });
  }
  const reference = tryParseImageReference(subject);
  const label = (name: string) => found.labels[`org.opencontainers.image.${name}`];
  const repository = reference?.repository ?? label('title') ?? found.id;
  const pushed = found.digests.flatMap((name) => tryParseImageReference(name) ?? []);
  const digest = pushed.find((one) => one.repository === repository)?.digest;
  const [version, created] = [label('version'), label('created')];
  const { text, unread } = await catalogueImage(engine, found.id, contextOf(world), {
    repository,
    id: found.id,
    ...(digest !== undefined && { digest }),
    ...(version !== undefined && { version }),
    ...(created !== undefined && { created }),
    tool: packageVersion(),
  });
  if (unread > 0) world.progress.warn(`${unread} files that hold packages could not be read: they are listed as files`);
  const document: unknown = JSON.parse(text);
  return { text: `${JSON.stringify(document, null, 2)}\n`, json: { format: 1, image: found.id, document } };
}
