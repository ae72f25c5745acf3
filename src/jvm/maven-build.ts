import type { Hints } from '../core/project.js';
import type { SourceTree } from '../core/source-tree.js';
import { askedProfiles } from './maven-profiles.js';
import { directoryOf, joinPath } from './paths.js';
import { interpolate, layersOf, type Pom, readPom } from './pom.js';
import { childrenAt, textAt } from './pom-element.js';

/** More modules than any build that Slipway ships one service of. */
const maxModules = 300;

/**
 * The pom at the tree's root and those of all modules below it, in the order in which they are named; each once. Undefined
 * where there is none. Throws `detect.unreadable` for a pom that is not XML.
 */
export function readMavenBuild(tree: SourceTree, hints: Hints): readonly Pom[] | undefined {
  const root = readPom(tree, 'pom.xml', askedProfiles(tree, hints));
  return root && [root, ...readModules(tree, root)];
}

function readModules(tree: SourceTree, root: Pom): readonly Pom[] {
  const seen = new Set([root.file]);
  const found: Pom[] = [];
  const waiting = [root];
  for (let pom = waiting.shift(); pom && found.length < maxModules; pom = waiting.shift()) {
    for (const path of modulePaths(pom).slice(0, maxModules)) {
      const joined = joinPath(directoryOf(pom.file), path);
      if (joined === undefined) continue;
      const file = joined.endsWith('.xml') ? joined : joinPath(joined, 'pom.xml');
      if (file === undefined || seen.has(file)) continue;
      seen.add(file);
      const module = readPom(tree, file, root.profiles);
      if (module) found.push(module);
      if (module) waiting.push(module);
    }
  }
  return found;
}

/** Maven 4 calls them subprojects (https://maven.apache.org/ref/4-LATEST/maven-api-impl/maven.html). */
function modulePaths(pom: Pom): readonly string[] {
  return layersOf(pom)
    .flatMap((layer) => [...childrenAt(layer, 'modules', 'module'), ...childrenAt(layer, 'subprojects', 'subproject')])
    .map((module) => interpolate(pom, module.text.trim()))
    .filter((path) => path !== '');
}

/** What a pom packages, `jar` where it does not say. */
export function packagingOf(pom: Pom): string {
  return interpolate(pom, textAt(pom.root, 'packaging') ?? 'jar');
}
