import { Failure } from '../../core/failure.js';
import type { Hints } from '../../core/project.js';
import type { XmlElement } from '../../formats/xml.js';
import type { Candidate } from '../../jvm/candidate.js';
import { bootParent } from '../../jvm/maven-boot.js';
import { packagingOf } from '../../jvm/maven-build.js';
import { findPlugin, type PluginPlace } from '../../jvm/maven-java.js';
import { outerParentOf } from '../../jvm/maven-plugins.js';
import { directoryOf, fileIn, isPlainDirectory, joinPath } from '../../jvm/paths.js';
import { candidateOf, chainOf, interpolate, layersOf, type Pom } from '../../jvm/pom.js';
import { childOf, childrenAt, textAt } from '../../jvm/pom-element.js';

/**
 * Throws `detect.ambiguous` where the plugin's executions repackage more than one archive, each with a classifier of its own, and no
 * hint names the file: each would start. Throws `detect.unsupported` where none does; a parent that is not in the tree may have one.
 */
export function requireOneArchive(pom: Pom, hints: Hints): void {
  if (hints['java.artifact']) return;
  const places = findPlugin(pom, 'spring-boot-maven-plugin');
  const archives = [...new Set(classifiersOf(pom, places))];
  const [first] = places;
  if (!first || archives.length === 1 || (archives.length === 0 && outerParentOf(pom) !== undefined)) return;
  if (archives.length === 0) throw withoutArchive(first);
  throw new Failure('detect.ambiguous', {
    message: `spring-boot-maven-plugin repackages ${archives.length} archives of ${pom.file}, and each would start`,
    where: `${first.file}:${first.plugin.line}`,
    remedy: 'Set java.artifact to one of them (slipway.yml, or --set java.artifact=FILE).',
    candidates: archives.map((classifier) => archiveName(pom, classifier)),
  });
}

function withoutArchive({ file, plugin }: PluginPlace): Failure {
  return new Failure('detect.unsupported', {
    message: `spring-boot-maven-plugin stands in ${file}, but its goal repackage is no part of the build: the jar would not start`,
    where: `${file}:${plugin.line}`,
    remedy: 'Give the plugin an <execution> with the goal repackage, as spring-boot-starter-parent does.',
  });
}

/** Where the archive is left, where the pom has a directory of its own for it. */
export function outputOf(pom: Pom): { readonly output?: Candidate } {
  for (const { file, plugin } of findPlugin(pom, 'spring-boot-maven-plugin')) {
    const element = childOf(plugin, 'configuration', 'outputDirectory');
    if (element) return insideOf(pom, candidateOf(pom, file, element));
  }
  for (const owner of chainOf(pom)) {
    const element = layersOf(owner).flatMap((layer) => childOf(layer, 'build', 'directory') ?? [])[0];
    if (element) return insideOf(pom, candidateOf(pom, owner.file, element));
  }
  return {};
}

/** Throws `detect.unsupported` for a directory that cannot be told, or is not in the module. */
function insideOf(pom: Pom, { value, from }: Candidate): { readonly output: Candidate } {
  const plain = value
    .replace(/^\$\{(?:project\.|pom\.)?basedir\}\//, '')
    .replace(/^\$\{(?:project\.|pom\.)?build\.directory\}/, 'target');
  const path = plain.includes('$') ? undefined : joinPath('', plain);
  if (path && isPlainDirectory(path)) return { output: { value: fileIn(directoryOf(pom.file), path), from } };
  throw new Failure('detect.unsupported', {
    message: `The directory of what is built cannot be told: ${value.slice(0, 100)}`,
    where: `${from[0]?.file ?? pom.file}:${from[0]?.line ?? 1}`,
    remedy: "Leave the archive in the module's own directory.",
  });
}

/** The classifier of every execution of the goal repackage, `''` for none; spring-boot-starter-parent has one of the id repackage. */
function classifiersOf(pom: Pom, places: readonly PluginPlace[]): readonly string[] {
  const shared = places.flatMap(({ plugin }) => classifierIn(pom, plugin) ?? [])[0] ?? '';
  const executions = places.flatMap(({ plugin }) => childrenAt(plugin, 'executions', 'execution'));
  const ids = [...new Set([...(bootParent(pom) ? ['repackage'] : []), ...executions.map(idOf)])];
  return ids.flatMap((id) => {
    const merged = executions.filter((execution) => idOf(execution) === id);
    const goals = merged.flatMap((execution) => childrenAt(execution, 'goals', 'goal')).map(({ text }) => text.trim());
    const isParents = id === 'repackage' && goals.length === 0;
    const isOff = merged.some((it) => textAt(it, 'phase') === 'none' || textAt(it, 'configuration', 'skip') === 'true');
    if (isOff || !(isParents || goals.includes('repackage'))) return [];
    return merged.flatMap((execution) => classifierIn(pom, execution) ?? [])[0] ?? shared;
  });
}

function idOf(execution: XmlElement): string {
  return textAt(execution, 'id') ?? 'default';
}

function classifierIn(pom: Pom, owner: XmlElement): string | undefined {
  const text = textAt(childOf(owner, 'configuration'), 'classifier');
  return text === undefined ? undefined : interpolate(pom, text);
}

function archiveName(pom: Pom, classifier: string): string {
  const name = textAt(pom.root, 'build', 'finalName') ?? '${project.artifactId}-${project.version}';
  const suffix = classifier === '' ? '' : `-${classifier}`;
  return fileIn(directoryOf(pom.file), `target/${interpolate(pom, name)}${suffix}.${packagingOf(pom)}`);
}
