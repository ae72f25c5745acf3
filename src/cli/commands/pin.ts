import { join } from 'node:path';
import { Failure } from '../../core/failure.js';
import type { Digest } from '../../core/image-name.js';
import { writeTextFile } from '../../io/text-files.js';
import { planRecipe } from '../../plan/assemble.js';
import { formatPins, isPinnable, type Pins, pinsFile } from '../../plan/pins.js';
import { kindNamed } from '../../projects/detect-project.js';
import { kinds } from '../../projects/index.js';
import { engineOptions } from '../build-site.js';
import { planChoices } from '../choices.js';
import { detect } from '../make-plan.js';
import { readProjectPins } from '../pins.js';
import type { CommandResult } from '../result.js';
import type { World } from '../world.js';

/** One image, with the digest it is pinned to and the one its tag has now. */
interface Pin {
  readonly image: string;
  readonly before?: Digest;
  readonly now: Digest;
}

/**
 * `slipway pin`: ask the registries for the digests of the builder and the base, and write them into the project; with `--check`,
 * fail where they are others, with `--dry-run`, say so. All or nothing: one image that cannot be asked for leaves the file as it was.
 */
export async function runPin(world: World): Promise<CommandResult> {
  const before = readProjectPins(world);
  const pins = await resolveAll(world, await imagesOf(world), before);
  const after: Pins = Object.fromEntries(pins.map(({ image, now }) => [image, now]));
  const unused = Object.keys(before).filter((image) => !Object.hasOwn(after, image));
  const changed = pins.filter((pin) => pin.now !== pin.before);
  const json = { format: 1, file: pinsFile, pins: pins.map((pin) => ({ ...pin, before: pin.before ?? null })), unused };
  if (world.options.check) return checked(pins, changed, json);
  const isDone = changed.length === 0 && unused.length === 0;
  if (!isDone && !world.options.dryRun) await writeTextFile(join(world.root, pinsFile), formatPins(after));
  const end = isDone
    ? 'Nothing to do: every image is pinned to what its tag has now.'
    : world.options.dryRun
      ? `${pinsFile} would be written.`
      : `Wrote ${pinsFile}: commit it. Every build uses these digests until \`slipway pin\` runs again.`;
  const lines = [...pins.map(describePin), ...unused.map((image) => `${image}\n    no longer used`), end];
  return { text: `${lines.join('\n')}\n`, json };
}

/** The images of the recipe as they are without pins. A builder that the project makes itself has none. */
async function imagesOf(world: World): Promise<readonly string[]> {
  const settings = await world.settings();
  const project = await detect(world);
  const choices = planChoices(settings, project.name);
  const recipe = planRecipe({ kind: kindNamed(kinds, project.kind), project, choices, version: '0.0.0' });
  const images = choices.builderDockerfile === undefined ? [recipe.builder, recipe.base] : [recipe.base];
  return [...new Set(images)].filter(isPinnable);
}

async function resolveAll(world: World, images: readonly string[], before: Pins): Promise<readonly Pin[]> {
  const settings = await world.settings();
  const { resolveDigest } = await import('../../registry/resolve-digest.js');
  const { platform } = settings.values.image;
  const answers = await Promise.allSettled(
    images.map(async (image): Promise<Pin> => {
      const known = Object.hasOwn(before, image) ? before[image] : undefined;
      const question = { image, platform, ...(known && { known }) };
      const now = await resolveDigest(question, engineOptions(world), world.signal);
      return { image, now, ...(known && { before: known }) };
    }),
  );
  const failed = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
  if (failed.length > 0) throw togetherFailed(failed, images.length);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
}

/** The first failure, with what else failed. */
function togetherFailed(failed: readonly unknown[], asked: number): unknown {
  const [first] = failed;
  const others = failed.slice(1).filter((error) => error instanceof Failure);
  if (!(first instanceof Failure) || asked === 1) return first;
  const rest = others.length > 0 ? others.map(({ message }) => message) : ['the others could be asked for'];
  return new Failure(first.code, {
    message: `${first.message}; ${rest.join('; ')}; nothing was written`,
    ...(first.where !== undefined && { where: first.where }),
    ...(first.remedy !== undefined && { remedy: first.remedy }),
    cause: first,
  });
}

function checked(pins: readonly Pin[], changed: readonly Pin[], json: object): CommandResult {
  if (changed.length === 0) return { text: `${pins.map(describePin).join('\n')}\nEvery pin is up to date.\n`, json };
  const unpinned = changed.filter(({ before }) => before === undefined).map(({ image }) => `${image} is not pinned`);
  const moved = changed.filter(({ before }) => before !== undefined).map(({ image }) => `${image} has a newer digest`);
  throw new Failure('build.base-image', {
    message: [...moved, ...unpinned].join(', '),
    where: pinsFile,
    remedy: 'Run `slipway pin`, look at the change, and commit it.',
    candidates: changed.map(({ image, now }) => `${image}@${now}`),
  });
}

function describePin({ image, before, now }: Pin): string {
  const was = before === undefined ? 'new' : before === now ? 'unchanged' : `was ${before}`;
  return `${image}\n    ${now}  ${was}`;
}
