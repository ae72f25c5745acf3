import { describeRecord } from '../core/deployment-order.js';
import { Failure } from '../core/failure.js';
import type { DeploymentRecord, TemplateIntent } from '../core/template-store.js';
import { templateName } from '../formats/template-syntax.js';

/** Which files of a directory can be templates. */
export const templatePattern = templateName;

/** What a store knows of what stands there now. */
export interface Surroundings {
  /** The store, as it is shown. */
  readonly where: string;
  /** The newest record of the intent's service. */
  readonly newest: () => Promise<DeploymentRecord | undefined>;
  /** The commit that changed the template last. Undefined: not known. */
  readonly changedBy: () => Promise<Pick<DeploymentRecord, 'commit' | 'author' | 'at'> | undefined>;
}

/**
 * The text with the intent carried out. Throws what its guard throws; `deploy.superseded` when the image is neither the one that
 * the plan saw nor already the new one, and the new one is not known to be newer; `deploy.no-template` when the file is gone.
 */
export async function carryOut(
  intent: TemplateIntent,
  text: string | undefined,
  surroundings: Surroundings,
): Promise<string> {
  if (text === undefined) throw missingTemplate(intent.path, surroundings.where);
  const after = intent.rewrite(text);
  if (after === text) return after;
  const image = intent.currentImage(text);
  const judged = await intent.guard?.({ image, newest: await surroundings.newest() });
  if (judged === 'newer' || image === intent.expectedImage || image === intent.deployment.image) return after;
  const by = await surroundings.changedBy();
  throw new Failure('deploy.superseded', {
    message: `Somebody else changed ${intent.path} since the plan was made: it has ${image ?? 'no image'} where ${intent.expectedImage} was`,
    where: `${surroundings.where}, ${intent.path}${by === undefined ? '' : ` (${describeRecord(by)})`}`,
    remedy: 'Plan and deploy again if this version is the one that shall run.',
  });
}

/** Throws `deploy.no-template`. */
export function missingTemplate(path: string, where: string): Failure {
  return new Failure('deploy.no-template', {
    message: `There is no ${path} in ${where}`,
    where: path,
    remedy: "Put the environment's templates there, or set the path of the environment.",
  });
}

/** A template's bytes as text, a BOM kept. Throws `deploy.template-invalid` for what could not be written back as it was. */
export function decodeTemplate(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Failure('deploy.template-invalid', { message: 'This template is not UTF-8 text', where: path, cause });
  }
}

/** Templates in the order in which they are shown. */
export function byPath(left: { readonly path: string }, right: { readonly path: string }): number {
  return left.path < right.path ? -1 : left.path > right.path ? 1 : 0;
}
