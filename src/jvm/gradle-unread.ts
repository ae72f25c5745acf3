import type { Evidence } from '../core/project.js';
import type { GradleBuild } from './gradle-build.js';
import { pluginIdsIn } from './gradle-plugins.js';

/**
 * The first thing of a build that only running it tells: projects that the settings include by a loop, or a plugin that a build beside it
 * makes of classes. Undefined where there is none.
 */
export function findUnread(build: GradleBuild): Evidence | undefined {
  return loopOfIncludes(build) ?? pluginOfClasses(build);
}

function loopOfIncludes({ settings }: GradleBuild): Evidence | undefined {
  const match = /\binclude\b(?!Build)[ \t(]{0,9}(?:["'][^"'\n$]{0,100}\$|[A-Za-z_])/.exec(settings?.text ?? '');
  if (!settings || !match) return undefined;
  return { file: settings.file, line: settings.lineAt(match.index), because: 'projects are included by an expression' };
}

/** A plugin with the id of none that is known by its dots, whose scripts were not found. */
function pluginOfClasses({ modules, pluginBuilds, catalog }: GradleBuild): Evidence | undefined {
  const [build] = pluginBuilds.filter(({ scripts }) => scripts.length > 0);
  if (!build) return undefined;
  for (const { scripts } of modules) {
    const read = scripts.map(({ file }) => file.slice(file.lastIndexOf('/') + 1));
    for (const script of scripts) {
      const id = pluginIdsIn(script, catalog).find((name) =>
        isOwn(
          name,
          build.scripts.map(({ text }) => text),
          read,
        ),
      );
      if (id === undefined) continue;
      const line = script.lineAt(Math.max(0, script.text.indexOf(id)));
      return { file: script.file, line, because: `the plugin ${id.slice(0, 100)} is made by ${build.directory}` };
    }
  }
  return undefined;
}

/** One that the build beside registers, or that starts as its scripts say, and has no script of its own. */
function isOwn(id: string, texts: readonly string[], read: readonly string[]): boolean {
  return (
    texts.some((text) => text.includes(`"${id}"`) || text.includes(`'${id}'`)) &&
    !read.some((file) => file.startsWith(`${id}.gradle`))
  );
}
