import { Failure } from '../core/failure.js';
import type { Evidence } from '../core/project.js';
import type { SourceTree } from '../core/source-tree.js';
import { parseXml, type XmlElement } from '../formats/xml.js';
import type { Candidate } from './candidate.js';
import { activeProfilesOf } from './maven-profiles.js';
import { directoryOf, fileIn, joinPath } from './paths.js';
import { childOf, childrenAt, textAt } from './pom-element.js';

/** One pom.xml and the parents of it that are in the tree, nearest first. */
export interface Pom {
  readonly file: string;
  readonly root: XmlElement;
  readonly parent?: Pom;
  /** `-Dkey=value` of `.mvn/maven.config`: they win over every property. */
  readonly userProperties: ReadonlyMap<string, Candidate>;
  /** Profiles asked for by name, with a `!` those that are not to be. */
  readonly profiles: readonly string[];
}

const maxParents = 10;

/**
 * Read a pom and its parents in the tree. Undefined when there is no such file, or it is XML and no pom.
 * Throws `detect.unreadable` when it is not XML.
 */
export function readPom(tree: SourceTree, file: string, profiles: readonly string[], depth = 0): Pom | undefined {
  const text = tree.read(file);
  if (text === undefined) return undefined;
  const root = parsePom(file, text);
  if (root.name !== 'project') return undefined;
  const parent = depth < maxParents ? readParent(tree, file, root, profiles, depth) : undefined;
  return { file, root, profiles, userProperties: readUserProperties(tree), ...(parent && { parent }) };
}

function parsePom(file: string, text: string): XmlElement {
  try {
    return parseXml(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Failure('detect.unreadable', {
      message: `${file} is not well-formed XML: ${error.message}`,
      where: file,
      remedy: 'Repair it so that Maven can read it.',
      cause: error,
    });
  }
}

/** Maven takes the file at relativePath as the parent only when group and artifact are those asked for. */
function readParent(
  tree: SourceTree,
  file: string,
  root: XmlElement,
  profiles: readonly string[],
  depth: number,
): Pom | undefined {
  const wanted = childOf(root, 'parent');
  const path = wanted && (textAt(wanted, 'relativePath') ?? (childOf(wanted, 'relativePath') ? '' : '../pom.xml'));
  if (!wanted || !path) return undefined;
  const joined = joinPath(directoryOf(file), path);
  if (joined === undefined || joined === file) return undefined;
  const parent = readPom(tree, tree.has(joined) ? joined : fileIn(joined, 'pom.xml'), profiles, depth + 1);
  if (!parent || textAt(parent.root, 'artifactId') !== textAt(wanted, 'artifactId')) return undefined;
  const group = textAt(parent.root, 'groupId') ?? textAt(parent.root, 'parent', 'groupId');
  return group === textAt(wanted, 'groupId') ? parent : undefined;
}

const userPropertyFile = '.mvn/maven.config';

function readUserProperties(tree: SourceTree): ReadonlyMap<string, Candidate> {
  const found = new Map<string, Candidate>();
  for (const [index, line] of (tree.read(userPropertyFile) ?? '').split('\n', 200).entries()) {
    for (const [, key = '', value = ''] of line.matchAll(/(?:^|\s)-D([^\s=]{1,200})=(\S{1,200})/g)) {
      const because = `-D${key}=${value}`;
      found.set(key, { value, from: [{ file: userPropertyFile, line: index + 1, because }] });
    }
  }
  return found;
}

/** The pom and its parents in the tree, nearest first. */
export function chainOf(pom: Pom): readonly Pom[] {
  return pom.parent ? [pom, ...chainOf(pom.parent)] : [pom];
}

/** The root element of a pom and its active profiles, which come first: they win, the later over the earlier. */
export function layersOf(pom: Pom): readonly XmlElement[] {
  return [...activeProfilesOf(pom.root, pom.profiles, pom.userProperties).reverse(), pom.root];
}

/** An element's value with every `${…}` that the tree can resolve resolved. */
export function candidateOf(pom: Pom, file: string, element: XmlElement): Candidate {
  return resolveCandidate(pom, propertyOf(file, element));
}

/** A property's value, resolved; undefined where the tree does not set it. */
export function propertyAt(pom: Pom, key: string): Candidate | undefined {
  const found = findProperty(pom, key);
  return found && resolveCandidate(pom, found);
}

/** Text with every `${…}` that the tree can resolve resolved. */
export function interpolate(pom: Pom, text: string): string {
  return resolveText(pom, text).text;
}

function resolveCandidate(pom: Pom, { value, from: [first, ...rest] }: Candidate): Candidate {
  const { text, trail } = resolveText(pom, value);
  if (text === value || !first) return { value, from: first ? [first, ...rest] : [] };
  return {
    value: text,
    from: [{ ...first, because: `${first.because}, which is ${shorten(text)}` }, ...rest, ...trail],
  };
}

const maxRounds = 10;
const maxLength = 1000;

function resolveText(pom: Pom, raw: string): { readonly text: string; readonly trail: readonly Evidence[] } {
  const trail: Evidence[] = [];
  let text = raw;
  for (let round = 0; round < maxRounds && text.length <= maxLength && text.includes('${'); round++) {
    const before = text;
    text = text.replace(/\$\{([^{}$]{1,200})\}/g, (whole, key: string) => {
      const property = findProperty(pom, key.trim());
      if (property && trail.length < maxRounds) trail.push(...property.from);
      return property && property.value.length <= maxLength ? property.value : whole;
    });
    if (text === before) break;
  }
  return { text, trail };
}

/** A property as the pom sees it, its value not yet resolved: user properties, then each pom's own, nearest first. */
function findProperty(pom: Pom, key: string): Candidate | undefined {
  const user = pom.userProperties.get(key);
  if (user) return user;
  for (const owner of chainOf(pom)) {
    for (const layer of layersOf(owner)) {
      const element = childrenAt(layer, 'properties', key).at(-1);
      if (element) return propertyOf(owner.file, element);
    }
  }
  return projectProperty(pom, key);
}

function propertyOf(file: string, element: XmlElement): Candidate {
  const value = element.text.trim();
  return { value, from: [{ file, line: element.line, because: `<${element.name}> is ${shorten(value)}` }] };
}

/** `project.version` and its like; the bare and `pom.` forms are Maven 2's. */
function projectProperty(pom: Pom, key: string): Candidate | undefined {
  const path = /^(?:project|pom)\.((?:parent\.)?(?:version|groupId|artifactId))$/.exec(key)?.[1]?.split('.');
  if (!path) return undefined;
  const element = childOf(pom.root, ...path) ?? childOf(pom.root, 'parent', path.at(-1) ?? '');
  return element && propertyOf(pom.file, element);
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
