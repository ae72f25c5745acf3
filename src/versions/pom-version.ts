import type { SourceTree } from '../core/source-tree.js';
import { candidateOf, propertyAt, readPom } from '../jvm/pom.js';
import { childOf } from '../jvm/pom-element.js';
import type { WrittenVersion } from './rules.js';

/**
 * The version of a pom: its own, else the one of its `<parent>`. Maven's CI-friendly `${revision}${sha1}${changelist}` is
 * resolved from properties through the parents in the tree, and from `.mvn/maven.config`
 * (https://maven.apache.org/guides/mini/guide-maven-ci-friendly.html). `${sha1}` and `${changelist}` are often given only by
 * the CI's command line: they are taken for empty, with a warning. What else is not resolved stays in the text as it is.
 * Throws `detect.unreadable`.
 */
export function statedInPom(tree: SourceTree, path: string): WrittenVersion | undefined {
  const pom = readPom(tree, path, []);
  const element = pom && (childOf(pom.root, 'version') ?? childOf(pom.root, 'parent', 'version'));
  if (!pom || !element) return undefined;
  const { value } = candidateOf(pom, path, element);
  const open = ['sha1', 'changelist'].filter(
    (key) => value.includes(`\${${key}}`) && propertyAt(pom, key) === undefined,
  );
  const written = open.reduce((text, key) => text.replaceAll(`\${${key}}`, ''), value).trim();
  if (written === '') return undefined;
  return {
    written,
    line: element.line,
    warnings: open.map(
      (key) => `${path}:${element.line} has \${${key}}, which nothing in the tree sets: it is taken for empty.`,
    ),
  };
}
