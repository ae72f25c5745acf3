import { isScalar, parse, Scalar, type YAMLMap } from 'yaml';
import { Failure } from '../../core/failure.js';
import { parseImageReference, tryParseImageReference } from '../../core/image-name.js';
import type { TemplateFormat, TemplateService } from '../../core/target.js';
import { spliceText } from '../../formats/text-span.js';
import { changedPaths } from '../../formats/value-changes.js';
import { lookUp, parseStack, resolveNode, type StackDocument, spanOf } from './stack-document.js';

/** Stack files as `docker stack deploy` and Compose read them. A service's id is its key under `services`. */
export const swarmTemplate: TemplateFormat = {
  name: 'swarm',
  title: 'Docker Swarm stack (Compose YAML)',
  read: readServices,
  rewriteImage,
};

function readServices(path: string, text: string): readonly TemplateService[] | undefined {
  const stack = parseStack(path, text);
  return stack && [...stack.services].map(([id, service]) => describeService(stack, id, service));
}

function describeService(stack: StackDocument, id: string, service: YAMLMap): TemplateService {
  const node = resolveNode(stack.document, lookUp(stack.document, service, 'image'));
  const image = isScalar(node) && typeof node.value === 'string' ? node.value : undefined;
  const offset = (isScalar(node) ? node.range?.[0] : service.range?.[0]) ?? 0;
  const plain = image !== undefined && tryParseImageReference(image) !== undefined;
  return { id, line: stack.lineOf(offset), ...(plain && { image }) };
}

function rewriteImage(path: string, text: string, service: string, image: string): string {
  parseImageReference(image);
  const stack = parseStack(path, text);
  if (stack === undefined) throw new Failure('deploy.no-match', { message: 'This is not a Compose file', where: path });
  const scalar = findImage(stack, service);
  if (scalar.value === image) return text;
  const span = spanOf(scalar);
  if (span === undefined) throw new Failure('bug', { message: 'A parsed image has no position', where: path });
  const after = spliceText(text, span, writeScalar(scalar, image));
  proveOnlyImageChanged(stack, after, service, image);
  return after;
}

/** The scalar in which the service's image is written, be it in the service, an anchor, or a merged map. */
function findImage(stack: StackDocument, service: string): Scalar {
  const map = stack.services.get(service);
  if (map === undefined) throw unknownService(stack, service);
  const node = resolveNode(stack.document, lookUp(stack.document, map, 'image'));
  const where = `${stack.path}:${stack.lineOf((isScalar(node) ? node.range?.[0] : map.range?.[0]) ?? 0)}`;
  if (!isScalar(node) || node.value === null || node.value === '') {
    throw new Failure('deploy.no-match', {
      message: `Service '${service}' has no image`,
      where,
      remedy: 'Write an image into it (any tag will do): Slipway replaces it, and adds none.',
    });
  }
  if (typeof node.value !== 'string' || tryParseImageReference(node.value) === undefined)
    throw notPlain(service, node.value, where);
  const isFlowText = node.type === 'PLAIN' || node.type === 'QUOTE_SINGLE' || node.type === 'QUOTE_DOUBLE';
  if (!isFlowText) throw notPlain(service, node.value, where);
  return node;
}

function unknownService(stack: StackDocument, service: string): Failure {
  return new Failure('deploy.no-match', {
    message: `There is no service '${service}' in this stack`,
    where: stack.path,
    remedy: 'Name one of its services.',
    candidates: [...stack.services.keys()],
  });
}

function notPlain(service: string, value: unknown, where: string): Failure {
  const variable = typeof value === 'string' && /[$%{<]/.test(value);
  return new Failure('deploy.template-invalid', {
    message: variable
      ? `The image of service '${service}' is filled in by a variable (${JSON.stringify(value)}), so there is no plain text to replace`
      : `The image of service '${service}' is not a plain image reference on one line (${JSON.stringify(value)})`,
    where,
    remedy: 'Write it as repository:tag.',
  });
}

function sharedImage(service: string, others: readonly string[], where: string): Failure {
  return new Failure('deploy.ambiguous-match', {
    message: `The image of service '${service}' is shared with ${others.map((each) => `'${each}'`).join(', ')} through an anchor or a merge key`,
    where,
    remedy: `Write 'image:' into service '${service}' itself.`,
    candidates: [service, ...others],
  });
}

function writeScalar(scalar: Scalar, image: string): string {
  if (scalar.type === Scalar.QUOTE_SINGLE) return `'${image}'`;
  const quoted = scalar.type === Scalar.QUOTE_DOUBLE || readsDifferently(image);
  return quoted ? `"${image}"` : image;
}

/** Text that a YAML 1.1 or 1.2 reader would not take as the same string when it stands unquoted (`[::1]/a`, `true`, `1:20`). */
function readsDifferently(image: string): boolean {
  if (!/^[A-Za-z0-9]/.test(image)) return true;
  return (
    parse(image, { version: '1.1', logLevel: 'silent' }) !== image || parse(image, { logLevel: 'silent' }) !== image
  );
}

function proveOnlyImageChanged(stack: StackDocument, after: string, service: string, image: string): void {
  const again = parseStack(stack.path, after);
  const changes = changedPaths(stack.data, again?.data);
  const others = changes.filter((path) => path[0] === 'services' && path[1] !== service).map((path) => path[1] ?? '');
  const own = changes.filter((path) => path[0] === 'services' && path[1] === service);
  const where = `${stack.path}:${describeOrThrow(stack, service).line}`;
  if (others.length > 0) throw sharedImage(service, others, where);
  const strangers = changes.filter((path) => path[0] !== 'services' && !path[0]?.startsWith('x-'));
  const onlyImage = own.length === 1 && own[0]?.length === 3 && own[0][2] === 'image' && strangers.length === 0;
  if (again === undefined || !onlyImage || describeOrThrow(again, service).image !== image) {
    throw new Failure('bug', {
      message: `Replacing the image of '${service}' would have changed something else`,
      where,
    });
  }
}

function describeOrThrow(stack: StackDocument, service: string): TemplateService {
  const map = stack.services.get(service);
  if (map === undefined) throw unknownService(stack, service);
  return describeService(stack, service, map);
}
