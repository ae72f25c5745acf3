import { findNode, type TextTree } from '../../formats/text-tree.js';
import { matchField, treePathOf } from '../edit-path.js';
import { findPairEntry } from '../named-entry.js';
import { type FieldPlace, imageOf, type PlacedService, requireImage, templateFormat } from '../template-format.js';
import { serviceFields } from './service-fields.js';
import { parseStackTree, serviceEntries } from './stack-document.js';

/** Stack files as `docker stack deploy` and Compose read them. A service's id is its key under `services`. */
export const swarmTemplate = templateFormat<PlacedService>({
  name: 'swarm',
  title: 'Docker Swarm stack (Compose YAML)',
  noun: 'service',
  parse: (path, text) => parseStackTree(path, text),
  services: listServices,
  setImage: (tree, service, _image, written) => [
    {
      path: requireImage(tree, 'service', service, [...service.at, 'image'], "'image:'"),
      value: { kind: 'text', text: written },
    },
  ],
  findField,
  knownPaths: ['image', 'instances', 'env.NAME', 'labels.NAME', 'cpus', 'memory', ...Object.keys(serviceFields)],
});

function listServices(tree: TextTree): readonly PlacedService[] {
  return serviceEntries(tree).map(({ key, value }) => {
    const image = findNode(tree, value, 'image');
    return {
      id: key,
      line: tree.lineOf((image ?? value).start),
      root: 0,
      at: ['services', key],
      ...imageOf(tree, image),
    };
  });
}

/** Words that all targets share, in Compose's own. */
const words: Readonly<Record<string, readonly string[]>> = {
  instances: ['deploy', 'replicas'],
  replicas: ['deploy', 'replicas'],
  cpus: ['deploy', 'resources', 'limits', 'cpus'],
  memory: ['deploy', 'resources', 'limits', 'memory'],
};

function findField(tree: TextTree, service: PlacedService, given: readonly string[]): FieldPlace | undefined {
  const from = findNode(tree, tree.roots[0], ...service.at);
  const [first = '', ...rest] = given;
  // A key that Compose itself has (`cpus` of version 2) is meant where it stands.
  const own = rest.length === 0 && Object.hasOwn(words, first) && findNode(tree, from, first) === undefined;
  const steps = own ? (words[first] ?? given) : first === 'env' ? ['environment', ...rest] : given;
  const field = matchField(serviceFields, labelSteps(tree, service, steps));
  if (field === undefined) return undefined;
  const parent = field.steps.slice(0, -1);
  const list = findNode(tree, from, ...treePathOf(tree, from, parent));
  const last = field.steps.at(-1) ?? '';
  if (list?.kind === 'list' && !/^\d+$/.test(last)) {
    return findPairEntry(tree, list, [...service.at, ...treePathOf(tree, from, parent)], last);
  }
  return { path: [...service.at, ...treePathOf(tree, from, field.steps)], type: field.type };
}

/** A label that stands among the service's own labels is meant there; else `labels` are the container's, as in Compose. */
function labelSteps(tree: TextTree, service: PlacedService, steps: readonly string[]): readonly string[] {
  const [first, ...rest] = steps;
  if (first !== 'labels' || rest.length === 0) return steps;
  const labels = findNode(tree, tree.roots[0], ...service.at, 'deploy', 'labels');
  const key = rest.join('.');
  const stands =
    labels?.entries.some((entry) => entry.key === key) === true ||
    labels?.items.some(({ value }) => typeof value === 'string' && value.startsWith(`${key}=`)) === true;
  return stands ? ['deploy', ...steps] : steps;
}
