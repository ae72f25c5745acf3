import type { FactKey, FactValue, Hints } from '../../../src/core/project.js';
import { springBoot } from '../../../src/projects/spring-boot/index.js';
import { memoryTree } from '../../support/memory-tree.js';

export type Files = Readonly<Record<string, string>>;

/** The kind's answer for files in memory; throws where it says "not mine". */
export function detect(files: Files, hints: Hints = {}) {
  const detection = springBoot.detect(memoryTree(files), hints);
  if (!detection) throw new Error('not a Spring Boot project');
  return detection;
}

/** The facts' values alone. */
export function valuesOf(files: Files, hints: Hints = {}): Readonly<Record<string, FactValue>> {
  const { facts } = detect(files, hints);
  return Object.fromEntries(Object.entries(facts).map(([key, fact]) => [key, fact.value]));
}

export function factOf(files: Files, key: FactKey, hints: Hints = {}) {
  return detect(files, hints).facts[key];
}

export const web = dependency('spring-boot-starter-web');
export const actuator = dependency('spring-boot-starter-actuator');
export const bootPlugin = plugin('spring-boot-maven-plugin', '', 'org.springframework.boot');

export function dependency(artifact: string, more = ''): string {
  return `<dependency><groupId>org.springframework.boot</groupId><artifactId>${artifact}</artifactId>${more}</dependency>`;
}

export function plugin(artifact: string, more = '', group = 'org.apache.maven.plugins'): string {
  return `<plugin><groupId>${group}</groupId><artifactId>${artifact}</artifactId>${more}</plugin>`;
}

export interface PomParts {
  readonly boot?: string;
  readonly parent?: string;
  readonly artifact?: string;
  readonly properties?: string;
  readonly dependencies?: string;
  readonly plugins?: string;
  readonly more?: string;
}

/** A pom on few lines: line 2 the parent, 3 the properties, 4 the dependencies, 5 the plugins. */
export function pom(parts: PomParts = {}): string {
  const {
    boot = '3.5.0',
    artifact = 'app',
    properties = '',
    dependencies = web,
    plugins = bootPlugin,
    more = '',
  } = parts;
  const bootParent = `<parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>${boot}</version></parent>`;
  return [
    `<project><groupId>com.example</groupId><artifactId>${artifact}</artifactId><version>1</version>`,
    parts.parent ?? bootParent,
    `<properties>${properties}</properties>`,
    `<dependencies>${dependencies}</dependencies>`,
    `<build><plugins>${plugins}</plugins></build>`,
    `${more}</project>`,
  ].join('\n');
}
