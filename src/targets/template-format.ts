import { Failure } from '../core/failure.js';
import { type ImageReference, parseImageReference, tryParseImageReference } from '../core/image-name.js';
import { nearest } from '../core/nearest.js';
import type {
  RewrittenTemplate,
  TemplateChange,
  TemplateEdit,
  TemplateFormat,
  TemplateService,
} from '../core/target.js';
import { matchServices } from '../core/template-services.js';
import type { NewValue } from '../formats/new-value.js';
import { placeholderNames } from '../formats/placeholders.js';
import {
  findNode,
  hasMask,
  placeOf,
  scalarText,
  type TextTree,
  type TreeNode,
  type TreePath,
} from '../formats/text-tree.js';
import { setInTree } from '../formats/tree-edit.js';
import { type FieldType, parseEditPath, treePathOf, writtenPaths } from './edit-path.js';
import { readEditValue } from './edit-value.js';

/** A service with its place in the tree. */
export interface PlacedService extends TemplateService {
  /** Index of its document. */
  readonly root: number;
  /** Path of what is its own: another service's edit must not change it. */
  readonly at: TreePath;
}

/** One value that an edit comes to. */
export interface FieldEdit {
  /** From the document's root. */
  readonly path: TreePath;
  readonly value: NewValue;
  /** As the change is shown; undefined: as the edit has it. */
  readonly shown?: string;
}

/** What a target's format knows of its own: everything else is the same for all. */
export interface TargetWords<T extends PlacedService> {
  readonly name: string;
  readonly title: string;
  /** What its services are called in a sentence: `app`, `service`. */
  readonly noun: string;
  /**
   * Undefined: not a template of this target. `chosen`: a person said that it is, where the file's name would have to tell. Throws
   * `deploy.template-invalid` when it is one, and broken.
   */
  readonly parse: (path: string, text: string, chosen: boolean) => TextTree | undefined;
  readonly services: (tree: TextTree) => readonly T[];
  /** Replace the image; throws `deploy.no-match` where there is none. */
  readonly setImage: (tree: TextTree, service: T, image: ImageReference, written: string) => readonly FieldEdit[];
  /** What an edit's path means: where it is, and its type. Undefined: the target has no such field. */
  readonly findField: (tree: TextTree, service: T, steps: readonly string[]) => FieldPlace | undefined;
  /** Paths to choose from where one is not known. */
  readonly knownPaths: readonly string[];
}

/** Where a field is. */
export interface FieldPlace {
  readonly path: TreePath;
  readonly type: FieldType;
  /** What goes around a value that is new: an entry of a list of names and values. */
  readonly wrap?: (value: NewValue) => NewValue;
}

/** A target's format from what it knows of its own. */
export function templateFormat<T extends PlacedService>(given: TargetWords<T>): TemplateFormat {
  const words = { ...given, services: rememberServices(given.services) };
  return {
    name: words.name,
    title: words.title,
    read(path, text, chosen = false) {
      const tree = words.parse(path, text, chosen);
      return tree && words.services(tree).map(withoutPlace);
    },
    rewrite: (path, text, service, edits) => rewrite(words, path, text, service, edits),
  };
}

/** A tree's services are asked for several times while it is edited. */
function rememberServices<T>(list: (tree: TextTree) => readonly T[]): (tree: TextTree) => readonly T[] {
  const known = new WeakMap<TextTree, readonly T[]>();
  return (tree) => {
    const services = known.get(tree) ?? list(tree);
    known.set(tree, services);
    return services;
  };
}

function withoutPlace({ id, names, image, written, line }: PlacedService): TemplateService {
  return {
    id,
    ...(names && { names }),
    ...(image !== undefined && { image }),
    ...(written !== undefined && { written }),
    line,
  };
}

/** What `read` tells of an image node: the image where it is a plain text, else how it is written. */
export function imageOf(tree: TextTree, node: TreeNode | undefined): Pick<TemplateService, 'image' | 'written'> {
  if (node?.kind !== 'scalar' || node.value === null) return {};
  const isPlain = typeof node.value === 'string' && node.style !== 'lines' && !hasMask(tree, node.start, node.end);
  if (isPlain && tryParseImageReference(node.value) !== undefined) return { image: node.value };
  return { written: scalarText(tree, node) };
}

function rewrite<T extends PlacedService>(
  words: TargetWords<T>,
  path: string,
  text: string,
  wanted: string,
  edits: readonly TemplateEdit[],
): RewrittenTemplate {
  const image = edits.find((edit) => edit.path === 'image')?.value;
  const reference = image === undefined ? undefined : parseImageReference(image);
  let tree = words.parse(path, text, true);
  if (tree === undefined) {
    throw new Failure('deploy.no-match', {
      message: `This is not a template of this kind: ${words.title}`,
      where: path,
    });
  }
  const changes: TemplateChange[] = [];
  const { id } = onlyService(words, tree, wanted, reference?.repository);
  for (const edit of edits) {
    const service = onlyService(words, tree, id, undefined);
    for (const field of fieldEdits(words, tree, service, edit)) {
      const edited = setInTree(tree, service.root, field.path, field.value);
      refuseShared(words, tree, service, edit, field, edited.shared);
      if (edited.changed) changes.push({ path: field.shown ?? edit.path, ...placed(edited.changed) });
      tree = edited.tree;
    }
  }
  return { text: tree.text, changes };
}

function placed({
  line,
  before,
  after,
}: {
  line: number;
  before?: string;
  after: string;
}): Omit<TemplateChange, 'path'> {
  return { line, ...(before !== undefined && { before }), after };
}

function fieldEdits<T extends PlacedService>(
  words: TargetWords<T>,
  tree: TextTree,
  service: T,
  edit: TemplateEdit,
): readonly FieldEdit[] {
  if (edit.path === 'image') {
    if (service.written !== undefined) throw notPlain(words, tree, service, service.written);
    return words.setImage(tree, service, parseImageReference(edit.value), edit.value);
  }
  const steps = parseEditPath(edit.path);
  const place = words.findField(tree, service, steps) ?? standingField(tree, service, steps);
  if (place === undefined) throw unknownPath(words, tree, service, edit.path);
  const node = findNode(tree, tree.roots[service.root], ...place.path);
  const where = node === undefined ? `${tree.path}:${service.line}` : placeOf(tree, node.start);
  const value = readEditValue(edit, place.type, node, where);
  return [{ path: place.path, value: place.wrap ? place.wrap(value) : value }];
}

/** What stands there can be set, whether the target's list of fields has it or not. */
function standingField(tree: TextTree, service: PlacedService, steps: readonly string[]): FieldPlace | undefined {
  const root = tree.roots[service.root];
  const path = [...service.at, ...treePathOf(tree, findNode(tree, root, ...service.at), steps)];
  return findNode(tree, root, ...path) === undefined ? undefined : { path, type: 'any' };
}

/** The one service that is meant. Throws `deploy.no-match` and `deploy.ambiguous-match` with the ids there are. */
export function onlyService<T extends PlacedService>(
  words: Pick<TargetWords<T>, 'noun' | 'services'>,
  tree: TextTree,
  service: string,
  repository: string | undefined,
): T {
  const services = words.services(tree);
  const found = matchServices(services, { service, repository });
  const [only, second] = found;
  if (only !== undefined && second === undefined) return only;
  if (only === undefined) {
    const near = nearest(
      service,
      services.flatMap((each) => [each.id, ...(each.names ?? [])]),
    );
    throw new Failure('deploy.no-match', {
      message: `There is no ${words.noun} '${service}' in this file${near === undefined ? '' : `; is '${near}' meant?`}`,
      where: tree.path,
      remedy: `Name one that is there.`,
      candidates: services.map((each) => each.id),
    });
  }
  const isTwice = found.every((each) => each.id === only.id);
  throw new Failure('deploy.ambiguous-match', {
    message: isTwice
      ? `'${only.id}' is in this file ${found.length} times`
      : `'${service}' stands for several: ${found.map((each) => `'${each.id}'`).join(', ')}`,
    where: found.map((each) => `${tree.path}:${each.line}`).join(', '),
    remedy: isTwice ? 'Keep one of them.' : 'Name one of them.',
    candidates: found.map((each) => each.id),
  });
}

function notPlain<T extends PlacedService>(
  words: TargetWords<T>,
  tree: TextTree,
  service: T,
  written: string,
): Failure {
  const names = placeholderNames(written);
  const where = `${tree.path}:${service.line}`;
  if (names.length === 0) {
    return new Failure('deploy.template-invalid', {
      message: `The image of ${words.noun} '${service.id}' is not a plain image reference on one line (${JSON.stringify(written)})`,
      where,
      remedy: 'Write it as repository:tag.',
    });
  }
  return new Failure('deploy.template-invalid', {
    message: `The image of ${words.noun} '${service.id}' is filled in by a variable (${written}), so there is no plain text to replace`,
    where,
    remedy: `Set ${names.join(' and ')} where it is defined, or write the image here as repository:tag: what it becomes is known only when it is filled in.`,
  });
}

/** The image's value; throws `deploy.no-match` where there is none. */
export function requireImage(
  tree: TextTree,
  noun: string,
  service: PlacedService,
  path: TreePath,
  key: string,
): TreePath {
  const node = findNode(tree, tree.roots[service.root], ...path);
  if (node?.kind === 'scalar' && node.value !== null && node.value !== '') return path;
  throw new Failure('deploy.no-match', {
    message: `${noun[0]?.toUpperCase()}${noun.slice(1)} '${service.id}' has no image`,
    where: `${tree.path}:${service.line}`,
    remedy: `Write ${key} into it (any tag will do): Slipway replaces it, and adds none.`,
  });
}

function unknownPath<T extends PlacedService>(
  words: TargetWords<T>,
  tree: TextTree,
  service: T,
  path: string,
): Failure {
  const own = writtenPaths(findNode(tree, tree.roots[service.root], ...service.at));
  const known = [...new Set([...words.knownPaths, ...own])];
  const last = path.split('.').at(-1) ?? path;
  const near = nearest(path, known);
  const akin = known.filter((each) =>
    each.split('.').some((step) => step.length > 2 && last.toLowerCase() === step.toLowerCase()),
  );
  const candidates = [...new Set([...(near === undefined ? [] : [near]), ...akin])];
  return new Failure('deploy.no-match', {
    message: `'${path}' is nothing that ${words.noun} '${service.id}' has or could have${near === undefined ? '' : `; is '${near}' meant?`}`,
    where: `${tree.path}:${service.line}`,
    remedy: 'Name a value that stands in the file, or one of these.',
    candidates: candidates.length > 0 ? candidates : words.knownPaths,
  });
}

/** What is written once for several (an anchor, a merge key) is not changed for one of them. */
function refuseShared<T extends PlacedService>(
  words: TargetWords<T>,
  tree: TextTree,
  service: T,
  edit: TemplateEdit,
  field: FieldEdit,
  shared: readonly TreePath[],
): void {
  const hit = shared.filter(([first]) => !(typeof first === 'string' && first.startsWith('x-')));
  if (hit.length === 0) return;
  const others = words
    .services(tree)
    .filter(
      (each) => each.root === service.root && each.id !== service.id && hit.some((path) => isBelow(path, each.at)),
    )
    .map((each) => each.id);
  const names = others.length > 0 ? others : hit.map((path) => path.join('.'));
  const shown = field.shown ?? edit.path;
  const node = findNode(tree, tree.roots[service.root], ...field.path);
  throw new Failure('deploy.ambiguous-match', {
    message: `'${shown}' of ${words.noun} '${service.id}' is shared with ${[...new Set(names)].map((each) => `'${each}'`).join(', ')} through an anchor or a merge key`,
    where: node === undefined ? `${tree.path}:${service.line}` : placeOf(tree, node.start),
    remedy: `Write '${shown}' into '${service.id}' itself.`,
    candidates: [service.id, ...new Set(names)],
  });
}

function isBelow(path: TreePath, above: TreePath): boolean {
  return above.every((step, index) => path[index] === step);
}
