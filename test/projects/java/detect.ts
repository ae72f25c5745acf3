import { Failure } from '../../../src/core/failure.js';
import type { FactValue, Hints } from '../../../src/core/project.js';
import { java } from '../../../src/projects/java/index.js';
import { memoryTree } from '../../support/memory-tree.js';

export type Files = Readonly<Record<string, string>>;

/** The kind's answer for files in memory; throws where it says "not mine". */
export function detect(files: Files, hints: Hints = {}) {
  const detection = java.detect(memoryTree(files), hints);
  if (!detection) throw new Error('not a Java program');
  return detection;
}

/** The facts' values alone. */
export function valuesOf(files: Files, hints: Hints = {}): Readonly<Record<string, FactValue>> {
  const { facts } = detect(files, hints);
  return Object.fromEntries(Object.entries(facts).map(([key, fact]) => [key, fact.value]));
}

/** How the files are refused. */
export function refusalOf(files: Files, hints: Hints = {}) {
  try {
    detect(files, hints);
  } catch (error) {
    if (error instanceof Failure) return { code: error.code, where: error.where, candidates: error.candidates };
    throw error;
  }
  throw new Error('not refused');
}

export function hint(value: FactValue) {
  return { value, origin: 'slipway.yml:1' };
}

export function plugin(artifact: string, more = '', group = 'org.apache.maven.plugins'): string {
  return `<plugin><groupId>${group}</groupId><artifactId>${artifact}</artifactId>${more}</plugin>`;
}

export function runs(goal: string, configuration = ''): string {
  return `<executions><execution><goals><goal>${goal}</goal></goals><configuration>${configuration}</configuration></execution></executions>`;
}

export function dependency(id: string, more = ''): string {
  const [group = '', artifact = ''] = id.split(':');
  return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>${more}</dependency>`;
}

export const shade = plugin(
  'maven-shade-plugin',
  runs('shade', '<transformers><transformer><mainClass>a.Main</mainClass></transformer></transformers>'),
);
export const gson = dependency('com.google.code.gson:gson');

export interface PomParts {
  readonly parent?: string;
  readonly artifact?: string;
  readonly packaging?: string;
  readonly properties?: string;
  readonly dependencies?: string;
  readonly plugins?: string;
  readonly more?: string;
}

/** A pom on few lines: line 2 the parent, 3 the properties, 4 the dependencies, 5 the plugins. */
export function pom(parts: PomParts = {}): string {
  const { parent = '', artifact = 'app', packaging = 'jar', properties = '', dependencies = '', more = '' } = parts;
  return [
    `<project><groupId>com.example</groupId><artifactId>${artifact}</artifactId><version>1</version><packaging>${packaging}</packaging>`,
    parent,
    `<properties>${properties}</properties>`,
    `<dependencies>${dependencies}</dependencies>`,
    `<build><plugins>${parts.plugins ?? shade}</plugins></build>`,
    `${more}</project>`,
  ].join('\n');
}

export function parent(group: string, artifact: string, more = '<relativePath/>'): string {
  return `<parent><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>1</version>${more}</parent>`;
}
