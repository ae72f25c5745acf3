import { isScalar, parseDocument } from 'yaml';
import { Failure } from '../../core/failure.js';
import { parseImageReference } from '../../core/image-name.js';
import type { TemplateFormat, TemplateService } from '../../core/target.js';
import { indexLines, spliceText } from '../../formats/text-span.js';
import { isHostData, parseHost, serviceOf } from './host-document.js';

/** Files of one host behind HAProxy: YAML with `haproxy` and `services` at the top. A service's id is its key. */
export const haproxyTemplate: TemplateFormat = {
  name: 'haproxy',
  title: 'One host behind HAProxy (YAML)',
  read: readServices,
  rewriteImage,
};

function readServices(path: string, text: string): readonly TemplateService[] | undefined {
  if (!isHostFile(path, text)) return undefined;
  const document = parseDocument(text, { merge: true });
  const lineOf = indexLines(text);
  return Object.entries(parseHost(path, text).services).map(([id, { image }]) => {
    const node = document.getIn(['services', id, 'image'], true);
    return { id, image, line: isScalar(node) ? lineOf(node.range?.[0] ?? 0) : 1 };
  });
}

function rewriteImage(path: string, text: string, service: string, image: string): string {
  parseImageReference(image);
  const host = parseHost(path, text);
  if (serviceOf(path, host, service).image === image) return text;
  const node = parseDocument(text, { merge: true }).getIn(['services', service, 'image'], true);
  if (!isScalar(node) || !node.range) throw new Failure('deploy.no-match', { message: 'no image', where: path });
  return spliceText(text, { start: node.range[0], end: node.range[1] }, image);
}

function isHostFile(path: string, text: string): boolean {
  if (!/\.ya?ml$/i.test(path) || !/^["']?haproxy["']?[ \t]*:/m.test(text)) return false;
  const document = parseDocument(text, { merge: true, logLevel: 'silent' });
  return isHostData(document.toJS());
}
