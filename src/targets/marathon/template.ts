import { findNode, findText, type TextTree, type TreePath } from '../../formats/text-tree.js';
import { type Fields, matchField, treePathOf } from '../edit-path.js';
import { type FieldPlace, requireImage, templateFormat } from '../template-format.js';
import { type MarathonService, marathonServices, parseMarathon } from './app-document.js';
import { appFields, podContainerFields, podFields } from './app-fields.js';

/**
 * Marathon app, group and pod JSON, and a list of apps. A service's id is the app's absolute id; a leading slash may be
 * left out. Of a pod with several containers each is a service: `/pod#container`.
 */
export const marathonTemplate = templateFormat<MarathonService>({
  name: 'marathon',
  title: 'Marathon app, group or pod (JSON)',
  noun: 'app',
  parse: parseMarathon,
  services: marathonServices,
  setImage(tree, service, _image, written) {
    const key = service.type === 'pod' ? ['image', 'id'] : ['container', 'docker', 'image'];
    const shown = service.type === 'pod' ? 'containers[].image.id' : 'container.docker.image';
    return [
      {
        path: requireImage(tree, 'app', service, [...service.at, ...key], shown),
        value: { kind: 'text', text: written },
      },
    ];
  },
  findField: (tree, service, steps) =>
    service.type === 'pod'
      ? findInPod(tree, service, steps)
      : at(tree, service.at, translate(steps, appWords), appFields),
  knownPaths: [
    'image',
    'memory',
    'env.NAME',
    'labels.NAME',
    ...Object.keys(appFields),
    'scaling.instances',
    'containers.NAME.image.id',
  ],
});

/** Words that all targets share, in Marathon's own. */
const appWords: Readonly<Record<string, readonly string[]>> = { memory: ['mem'] };

const containerWords: Readonly<Record<string, readonly string[]>> = {
  cpus: ['resources', 'cpus'],
  mem: ['resources', 'mem'],
  memory: ['resources', 'mem'],
};

function translate(steps: readonly string[], words: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const [only] = steps;
  return (steps.length === 1 && only !== undefined && Object.hasOwn(words, only) && words[only]) || steps;
}

function findInPod(tree: TextTree, service: MarathonService, steps: readonly string[]): FieldPlace | undefined {
  const [first, second, ...rest] = steps;
  if (first === 'containers' && second !== undefined && rest.length > 0) {
    const items = findNode(tree, tree.roots[0], ...service.definition, 'containers')?.items ?? [];
    const index = items.findIndex((item) => findText(tree, item, 'name') === second);
    return index < 0 ? undefined : inContainer(tree, [...service.definition, 'containers', index], rest);
  }
  if (steps.length === 1 && first === 'instances')
    return at(tree, service.definition, ['scaling', 'instances'], podFields);
  return inContainer(tree, service.at, steps) ?? at(tree, service.definition, steps, podFields);
}

function inContainer(tree: TextTree, container: TreePath, steps: readonly string[]): FieldPlace | undefined {
  const [first, ...rest] = steps;
  const own = first === 'env' ? ['environment', ...rest] : translate(steps, containerWords);
  return at(tree, container, own, podContainerFields);
}

function at(tree: TextTree, from: TreePath, steps: readonly string[], fields: Fields): FieldPlace | undefined {
  const field = matchField(fields, steps);
  if (field === undefined) return undefined;
  return {
    path: [...from, ...treePathOf(tree, findNode(tree, tree.roots[0], ...from), field.steps)],
    type: field.type,
  };
}
