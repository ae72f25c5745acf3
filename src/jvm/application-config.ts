import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { Failure } from '../core/failure.js';
import type { SourceTree } from '../core/source-tree.js';
import { parseProperties } from '../formats/properties.js';
import { isDeepYaml } from '../formats/yaml-depth.js';
import { fileIn } from './paths.js';

/** One setting of an application's own configuration. */
export interface ConfigValue {
  readonly value: string;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/** An application's configuration by canonical key: lower case without `-` and `_`, as Spring's relaxed binding compares. */
export type ApplicationConfig = ReadonlyMap<string, ConfigValue>;

/** One document of a file, with the profile it is for. */
interface Section {
  readonly values: Map<string, ConfigValue>;
}

const maxCharacters = 200_000;
const maxDepth = 40;

/**
 * Read `application.*` from a module's resources. Of two values of one key the one that Spring takes: `config/` over
 * the root, properties over YAML, the later document over the earlier, an active profile's file over the plain one
 * (https://docs.spring.io/spring-boot/reference/features/external-config.html). Documents for a profile are left out.
 * Throws `detect.unreadable` for a file of more than 200,000 characters.
 */
export function readApplicationConfig(tree: SourceTree, module: string): ApplicationConfig {
  const config = new Map<string, ConfigValue>();
  readNamed(tree, module, 'application', config);
  const profiles = config.get(canonicalKey('spring.profiles.active'))?.value ?? '';
  for (const profile of profiles.split(',', 10).map((name) => name.trim())) {
    if (/^[\w.-]{1,100}$/.test(profile)) readNamed(tree, module, `application-${profile}`, config);
  }
  return config;
}

/** The value of a key in its documented, dashed form. */
export function configAt(config: ApplicationConfig, key: string): ConfigValue | undefined {
  return config.get(canonicalKey(key));
}

/**
 * A value with the defaults of its placeholders: `${PORT:8080}` is `8080`. Undefined where one has no default and is not set in
 * the configuration itself.
 */
export function resolveConfig(config: ApplicationConfig, text: string): string | undefined {
  let resolved = text;
  for (let round = 0; round < 10 && resolved.includes('${'); round++) {
    resolved = resolved.replace(
      /\$\{([^{}$:]{1,200})(?::([^{}$]{0,200}))?\}/g,
      (whole, key: string, otherwise?: string) => {
        const value = config.get(canonicalKey(key.trim()))?.value;
        return value !== undefined && value.length <= 200 && value !== text ? value : (otherwise ?? whole);
      },
    );
    if (resolved.length > 1000) return undefined;
  }
  return resolved.includes('${') || /@[\w.-]+@/.test(resolved) ? undefined : resolved.trim();
}

function canonicalKey(key: string): string {
  return key.toLowerCase().replace(/[-_]/g, '');
}

/** From what loses to what wins. */
function readNamed(tree: SourceTree, module: string, name: string, config: Map<string, ConfigValue>): void {
  for (const directory of ['src/main/resources', 'src/main/resources/config']) {
    for (const extension of ['yaml', 'yml', 'properties']) {
      const file = fileIn(module, `${directory}/${name}.${extension}`);
      const text = tree.read(file);
      if (text === undefined) continue;
      const sections =
        extension === 'properties'
          ? readPropertySections(file, checked(file, text))
          : readYaml(file, checked(file, text));
      for (const { values } of sections.filter(isForEveryProfile)) {
        for (const [key, value] of values) config.set(key, value);
      }
    }
  }
}

function checked(file: string, text: string): string {
  if (text.length <= maxCharacters) return text;
  throw new Failure('detect.unreadable', {
    message: `${file} has more than ${maxCharacters} characters`,
    where: file,
    remedy: 'Set port and health, so that it need not be read, or move what is not configuration elsewhere.',
  });
}

const profileKeys = [
  'spring.config.activate.on-profile',
  'spring.profiles',
  'spring.config.activate.on-cloud-platform',
];

function isForEveryProfile({ values }: Section): boolean {
  return profileKeys.every((key) => !values.has(canonicalKey(key)));
}

/** `#---` or `!---` alone on a line begins a new document. */
function readPropertySections(file: string, text: string): readonly Section[] {
  const lines = text.split(/\r\n|\n|\r/);
  const starts = lines.flatMap((line, index) => (/^[#!]---\s*$/.test(line) ? [index + 1] : []));
  const values = parseProperties(text);
  const sections = [0, ...starts].map(() => ({ values: new Map<string, ConfigValue>() }));
  let section = 0;
  for (const { key, value, line } of values) {
    while (line > (starts[section] ?? Number.POSITIVE_INFINITY)) section++;
    sections[section]?.values.set(canonicalKey(key), { value, file, line });
  }
  return sections;
}

/** YAML that is broken in one place is read as far as it goes: the values that were found are still there. */
function readYaml(file: string, text: string): readonly Section[] {
  if (isDeepYaml(text)) throw tooDeep(file);
  const counter = new LineCounter();
  const sections: Section[] = [];
  try {
    for (const document of parseAllDocuments(text, { lineCounter: counter, uniqueKeys: false, logLevel: 'silent' })) {
      const values = new Map<string, ConfigValue>();
      if ('contents' in document) flatten(document.contents, '', file, counter, values, 0);
      sections.push({ values });
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw tooDeep(file);
  }
  return sections;
}

function tooDeep(file: string): Failure {
  return new Failure('detect.unreadable', {
    message: `${file} is nested too deeply`,
    where: file,
    remedy: 'Repair it so that Spring can read it.',
  });
}

function flatten(
  node: Node | null,
  key: string,
  file: string,
  counter: LineCounter,
  values: Map<string, ConfigValue>,
  depth: number,
): void {
  if (depth > maxDepth) return;
  if (isScalar(node) && node.range && key !== '') {
    const value = typeof node.source === 'string' ? node.source : String(node.value ?? '');
    values.set(canonicalKey(key), { value, file, line: counter.linePos(node.range[0]).line });
  } else if (isSeq<Node>(node)) {
    const items = node.items.flatMap((item) => (isScalar(item) ? [String(item.value)] : []));
    const line = counter.linePos(node.range?.[0] ?? 0).line;
    values.set(canonicalKey(key), { value: items.join(','), file, line });
  } else if (isMap<unknown, Node | null>(node)) {
    for (const pair of node.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : '';
      flatten(pair.value, key === '' ? name : `${key}.${name}`, file, counter, values, depth + 1);
    }
  }
}
