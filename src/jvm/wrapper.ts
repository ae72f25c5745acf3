import { type Fact, fact, type Rejected } from '../core/project.js';
import type { SourceTree } from '../core/source-tree.js';

/** What each tool's wrapper needs beside its script, all at the tree's root. Gradle's script does nothing without its jar. */
const needs = {
  maven: { script: 'mvnw', files: ['.mvn/wrapper/maven-wrapper.properties'] },
  gradle: {
    script: 'gradlew',
    files: ['gradle/wrapper/gradle-wrapper.properties', 'gradle/wrapper/gradle-wrapper.jar'],
  },
} as const;

/** Whether the build tool's wrapper is there, whole; a script without the files it needs is not used. */
export function findWrapper(tree: SourceTree, tool: keyof typeof needs): Fact {
  const { script, files } = needs[tool];
  if (!tree.has(script)) return fact(false, { because: `there is no ${script}` });
  const missing = files.filter((file) => !tree.has(file));
  if (missing.length === 0) return fact(true, { file: script, because: `${script} with ${files[0]}` });
  const rejected: readonly Rejected[] = [{ value: true, file: script, because: `there is ${script}` }];
  return fact(false, { because: `${script} has no ${missing.join(' and no ')}` }, rejected);
}
