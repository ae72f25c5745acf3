import { Failure } from '../../core/failure.js';
import type { Hints } from '../../core/project.js';
import type { XmlElement } from '../../formats/xml.js';
import { bootParent } from '../../jvm/maven-boot.js';
import { packagingOf } from '../../jvm/maven-build.js';
import { findPlugin, type PluginPlace } from '../../jvm/maven-java.js';
import { directoryOf, fileIn } from '../../jvm/paths.js';
import { interpolate, type Pom } from '../../jvm/pom.js';
import { childOf, childrenAt, textAt } from '../../jvm/pom-element.js';

/**
 * Throws `detect.ambiguous` where the plugin's executions repackage more than one archive, each with a classifier of its own, and no
 * hint names the file: each would start.
 */
export function refuseSeveralArchives(pom: Pom, hints: Hints): void {
  if (hints['java.artifact']) return;
  const places = findPlugin(pom, 'spring-boot-maven-plugin');
  const archives = [...new Set(classifiersOf(pom, places))];
  const [first] = places;
  if (!first || archives.length < 2) return;
  throw new Failure('detect.ambiguous', {
    message: `spring-boot-maven-plugin repackages ${archives.length} archives of ${pom.file}, and each would start`,
    where: `${first.file}:${first.plugin.line}`,
    remedy: 'Set java.artifact to one of them (slipway.yml, or --set java.artifact=FILE).',
    candidates: archives.map((classifier) => archiveName(pom, classifier)),
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
