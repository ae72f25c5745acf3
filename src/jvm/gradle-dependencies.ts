import type { Dependency } from './candidate.js';
import type { Catalog } from './gradle-catalog.js';
import type { Script } from './gradle-script.js';

/** Configurations whose libraries are not there at run time. */
const notAtRunTime = /^(?:test\w*|\w*Test\w*|annotationProcessor|kapt|ksp|compileOnly|developmentOnly|classpath)$/;

const statement =
  /^[ \t]{0,80}["']?(\w{1,60})["']?[ \t(]{1,9}(?:platform|enforcedPlatform|project)?[ \t(]{0,9}(?:["']([\w.-]{1,100}):([\w.-]{1,100})(?::[^"'\n]{0,200})?["']|([A-Za-z]\w{0,60}\.[\w.]{1,200})|["'](:[\w.:-]{1,200})["'])/gm;

const maxStatements = 2000;

/**
 * The libraries a module's scripts name, one statement a line, and those of the projects it depends on. `scriptsOf` gives a
 * project's scripts by its path.
 */
export function findGradleDependencies(
  scripts: readonly Script[],
  catalog: Catalog,
  scriptsOf: (path: string) => readonly Script[],
): readonly Dependency[] {
  const found: Dependency[] = [];
  const waiting = [...scripts];
  const seen = new Set<string>();
  for (let script = waiting.shift(); script && found.length < maxStatements; script = waiting.shift()) {
    for (const match of script.text.matchAll(statement)) {
      const [, configuration = '', group, artifact, alias, project] = match;
      if (notAtRunTime.test(configuration) || found.length >= maxStatements) continue;
      const ids = group === undefined ? idsOf(catalog, alias) : [`${group}:${artifact}`];
      const line = script.lineAt(match.index);
      for (const id of ids) {
        found.push({ id, from: { file: script.file, line, because: `depends on ${id.slice(id.indexOf(':') + 1)}` } });
      }
      if (project !== undefined && !seen.has(project) && seen.size < 100) {
        seen.add(project);
        const scripts = scriptsOf(project);
        waiting.push(...scripts);
        if (scripts.length === 0) found.push(unread(script, match.index, project));
      }
    }
  }
  return found;
}

/** What a project of another name brings is not known. */
function unread(script: Script, offset: number, project: string): Dependency {
  const from = { file: script.file, line: script.lineAt(offset), because: `depends on the project ${project}` };
  return { id: project, from };
}

function idsOf(catalog: Catalog, alias: string | undefined): readonly string[] {
  if (alias === undefined) return [];
  const accessors = catalog.bundles.get(alias.replace('.bundles.', '.')) ?? [alias];
  return accessors.flatMap((accessor) => catalog.libraries.get(accessor)?.id ?? []);
}
