import type { DeclaredService, TemplateReader } from '../../core/declared-service.js';
import { Failure } from '../../core/failure.js';
import { tryParseImageReference } from '../../core/image-name.js';
import { findNode, keysOf, type TextTree } from '../../formats/text-tree.js';
import { type HostDocument, parseHost, parseHostTree } from './host-document.js';

/** What a host's file declares. Ports are taken from the file's own range one at a time, so that none is fixed. */
export const haproxyReader: TemplateReader = {
  target: 'haproxy',
  declare(path, text) {
    const tree = parseHostTree(path, text);
    if (tree === undefined) return undefined;
    const { host, refusals } = readHost(path, text);
    const services = findNode(tree, tree.roots[0], 'services');
    return keysOf(services).map((id) => declareService(tree, host, id, refusals));
  },
};

/** A wrong value anywhere in the file stops the rollout of every service in it. */
function readHost(
  path: string,
  text: string,
): { readonly host?: HostDocument; readonly refusals: DeclaredService['refusals'] } {
  try {
    return { host: parseHost(path, text), refusals: [] };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const line = Number(/:(\d+)$/.exec(error.where ?? '')?.[1] ?? 1);
    const { message, remedy } = error;
    return { refusals: [{ message, line, ...(remedy !== undefined && { remedy }) }] };
  }
}

function declareService(
  tree: TextTree,
  host: HostDocument | undefined,
  id: string,
  refusals: DeclaredService['refusals'],
): DeclaredService {
  const node = findNode(tree, tree.roots[0], 'services', id);
  const image = findNode(tree, node, 'image');
  const line = tree.lineOf((image ?? node ?? { start: 0 }).start);
  const service = host?.services[id];
  const written = typeof image?.value === 'string' ? image.value : undefined;
  return {
    target: 'haproxy',
    id,
    path: tree.path,
    line,
    ...(written !== undefined && tryParseImageReference(written) && { image: { value: written, line } }),
    ...(service && { instances: service.instances }),
    ...(service?.cpus !== undefined && { cpus: service.cpus }),
    ...(service?.mem_limit !== undefined && { memory: service.mem_limit }),
    ports: [],
    missing: [],
    variables: Object.entries(service?.environment ?? {}).map(([name, value]) => ({
      name,
      value,
      line: tree.lineOf((findNode(tree, node, 'environment') ?? node ?? { start: 0 }).start),
    })),
    refusals,
  };
}
