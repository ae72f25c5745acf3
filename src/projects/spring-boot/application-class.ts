import type { SourceTree } from '../../core/source-tree.js';
import type { Modules } from '../../jvm/module-choice.js';
import { fileIn } from '../../jvm/paths.js';

/** Of several modules that the plugin would make runnable, those with an application class come first. */
export function bootModules(tree: SourceTree, runnable: readonly string[]): Pick<Modules, 'runnable' | 'title'> {
  const applications = runnable.length > 1 ? runnable.filter((directory) => hasApplication(tree, directory)) : [];
  return { runnable: applications.length > 0 ? applications : runnable, title: 'Spring Boot applications' };
}

const maxDirectories = 200;
const maxFiles = 100;

/** Whether one of a module's classes is annotated as the application; nearest to the source root first, within bounds. */
function hasApplication(tree: SourceTree, module: string): boolean {
  const waiting = ['java', 'kotlin', 'groovy'].map((language) => fileIn(module, `src/main/${language}`));
  let files = 0;
  for (let visited = 0; visited < maxDirectories; visited++) {
    const directory = waiting.shift();
    if (directory === undefined) return false;
    for (const { name, type } of tree.list(directory).slice(0, 1000)) {
      if (type === 'directory') waiting.push(`${directory}/${name}`);
      else if (/\.(?:java|kt|groovy)$/.test(name) && files++ < maxFiles) {
        if (
          /@(?:SpringBootApplication|EnableAutoConfiguration)\b/.test(tree.read(`${directory}/${name}`, 'source') ?? '')
        )
          return true;
      }
    }
  }
  return false;
}
