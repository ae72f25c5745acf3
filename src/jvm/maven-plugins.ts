import type { XmlElement } from '../formats/xml.js';
import { configurationsOf, findPlugin, type PluginPlace } from './maven-java.js';
import { chainOf, interpolate, type Pom } from './pom.js';
import { childOf, childrenAt, textAt } from './pom-element.js';

/** A plugin that takes part in a pom's build. */
export interface UsedPlugin {
  readonly file: string;
  readonly line: number;
  /** Its declaration and what configures it elsewhere, nearest first. */
  readonly places: readonly PluginPlace[];
}

/** Undefined where the plugin is only managed, is not inherited, or is told to skip. */
export function findUsedPlugin(pom: Pom, artifactId: string): UsedPlugin | undefined {
  const places = findPlugin(pom, artifactId).filter(
    ({ file, plugin }) => file === pom.file || textAt(plugin, 'inherited') !== 'false',
  );
  const declared = places.find(({ managed }) => !managed);
  if (!declared || valueIn(pom, places, ['skip']) === 'true') return undefined;
  return { file: declared.file, line: declared.plugin.line, places };
}

/**
 * Whether a goal of the plugin runs as part of the build. Where no execution is in the tree, one may come from a parent outside of
 * it: then it does.
 */
export function runsGoal(pom: Pom, { places }: UsedPlugin, goals: readonly string[]): boolean {
  const executions = places
    .flatMap(({ plugin }) => childrenAt(plugin, 'executions', 'execution'))
    .filter((execution) => textAt(execution, 'phase') !== 'none');
  const named = executions
    .flatMap((execution) => childrenAt(execution, 'goals', 'goal'))
    .map(({ text }) => text.trim());
  if (named.length === 0) return outerParentOf(pom) !== undefined;
  return named.some((goal) => goals.includes(goal));
}

/** `group:artifact` of the nearest parent that is not in the tree. */
export function outerParentOf(pom: Pom): string | undefined {
  const parent = childOf(chainOf(pom).at(-1)?.root, 'parent');
  return parent && `${textAt(parent, 'groupId') ?? ''}:${textAt(parent, 'artifactId') ?? ''}`;
}

const maxDepth = 12;

/** The first value that any configuration has in an element of one of these names, however deep. */
export function valueIn(pom: Pom, places: readonly PluginPlace[], names: readonly string[]): string | undefined {
  for (const { plugin } of places) {
    for (const configuration of configurationsOf(plugin)) {
      const value = deepText(configuration, names, 0);
      if (value !== undefined) return interpolate(pom, value);
    }
  }
  return undefined;
}

function deepText(element: XmlElement, names: readonly string[], depth: number): string | undefined {
  if (names.includes(element.name) && element.text.trim() !== '') return element.text.trim();
  if (depth >= maxDepth) return undefined;
  for (const child of element.children) {
    const value = deepText(child, names, depth + 1);
    if (value !== undefined) return value;
  }
  return undefined;
}
