import type { Node } from 'jsonc-parser';
import { Failure } from '../../core/failure.js';
import { parseImageReference, tryParseImageReference } from '../../core/image-name.js';
import type { TemplateFormat, TemplateService } from '../../core/target.js';
import { spliceText } from '../../formats/text-span.js';
import { absoluteId, type MarathonDocument, type MarathonService, parseMarathon } from './app-document.js';

/**
 * Marathon app, group and pod JSON, and a list of apps. A service's id is the app's absolute id; a leading slash may be
 * left out.
 */
export const marathonTemplate: TemplateFormat = {
  name: 'marathon',
  title: 'Marathon app, group or pod (JSON)',
  read: readServices,
  rewriteImage,
};

function readServices(path: string, text: string): readonly TemplateService[] | undefined {
  const document = parseMarathon(path, text);
  return document?.services.map((each) => describeService(document, each));
}

function describeService(document: MarathonDocument, service: MarathonService): TemplateService {
  const image = plainImage(service);
  return { id: service.id, line: lineOfService(document, service), ...(image !== undefined && { image }) };
}

function rewriteImage(path: string, text: string, service: string, image: string): string {
  parseImageReference(image);
  const document = parseMarathon(path, text);
  if (document === undefined)
    throw new Failure('deploy.no-match', { message: 'This is not a Marathon file', where: path });
  const found = findService(document, service);
  const node = found.image;
  const current = plainImage(found);
  if (node === undefined || current === undefined) throw noPlainImage(document, found);
  if (current === image) return text;
  const after = spliceText(text, { start: node.offset, end: node.offset + node.length }, JSON.stringify(image));
  proveOnlyImageChanged(document, parseMarathon(path, after), found, image);
  return after;
}

/**
 * The one service with this id. Throws `deploy.no-match` and `deploy.ambiguous-match` with the ids there are.
 */
export function findService(document: MarathonDocument, service: string): MarathonService {
  const wanted = absoluteId(service);
  const exact = document.services.filter((each) => each.id === wanted);
  const found = exact.length > 0 ? exact : document.services.filter((each) => each.id.startsWith(`${wanted}#`));
  const [only, second] = found;
  if (only === undefined) {
    throw new Failure('deploy.no-match', {
      message: `There is no app '${wanted}' in this file`,
      where: document.path,
      remedy: 'Name one of its apps.',
      candidates: document.services.map((each) => each.id),
    });
  }
  if (second === undefined) return only;
  throw new Failure('deploy.ambiguous-match', {
    message:
      exact.length > 0
        ? `'${wanted}' is in this file ${found.length} times`
        : `The pod '${wanted}' has several containers`,
    where: found.map((each) => `${document.path}:${lineOfService(document, each)}`).join(', '),
    remedy: exact.length > 0 ? 'Keep one of them.' : 'Name the container: pod#container.',
    candidates: found.map((each) => each.id),
  });
}

function lineOfService(document: MarathonDocument, service: MarathonService): number {
  return document.lineOf((service.image ?? service.node).offset);
}

function plainImage(service: MarathonService): string | undefined {
  const value: unknown = service.image?.type === 'string' ? service.image.value : undefined;
  return typeof value === 'string' && tryParseImageReference(value) !== undefined ? value : undefined;
}

function noPlainImage(document: MarathonDocument, service: MarathonService): Failure {
  const where = `${document.path}:${lineOfService(document, service)}`;
  if (service.image === undefined) {
    return new Failure('deploy.no-match', {
      message: `'${service.id}' has no image`,
      where,
      remedy: 'Write container.docker.image into it (any tag will do): Slipway replaces it, and adds none.',
    });
  }
  return new Failure('deploy.template-invalid', {
    message: `The image of '${service.id}' is not a plain image reference (${JSON.stringify(service.image.value)})`,
    where,
    remedy: 'Write it as repository:tag; a placeholder cannot be replaced.',
  });
}

function proveOnlyImageChanged(
  before: MarathonDocument,
  after: MarathonDocument | undefined,
  service: MarathonService,
  image: string,
): void {
  const changes = after === undefined ? undefined : countChangedLeaves(before.root, after.root);
  const rewritten = after?.services.filter((each) => each.id === service.id).map(plainImage);
  if (changes === 1 && rewritten?.length === 1 && rewritten[0] === image) return;
  throw new Failure('bug', {
    message: `Replacing the image of '${service.id}' would have changed something else`,
    where: before.path,
  });
}

/** Compares the two trees node by node, so that keys written twice count too; a different shape counts as many. */
function countChangedLeaves(before: Node, after: Node): number {
  const left = before.children ?? [];
  const right = after.children ?? [];
  if (before.type !== after.type || left.length !== right.length) return Number.POSITIVE_INFINITY;
  if (before.children === undefined) return Object.is(before.value, after.value) ? 0 : 1;
  let changes = 0;
  left.forEach((child, index) => {
    const other = right[index];
    changes += other === undefined ? Number.POSITIVE_INFINITY : countChangedLeaves(child, other);
  });
  return changes;
}
