import { Failure } from '../../core/failure.js';
import type { SourceTree } from '../../core/source-tree.js';

/** A build that Slipway knows by its file, and does not run. */
interface ForeignBuild {
  readonly title: string;
  readonly files: readonly string[];
  /** What the file must hold, where other languages have files of that name. */
  readonly holds?: RegExp;
}

const foreign: readonly ForeignBuild[] = [
  {
    title: 'polyglot Maven',
    files: ['pom.yml', 'pom.yaml', 'pom.groovy', 'pom.scala', 'pom.rb', 'pom.atom', 'pom.clj', 'pom.json', 'pom.kts'],
  },
  { title: 'sbt', files: ['build.sbt'] },
  { title: 'Mill', files: ['build.mill', 'build.sc'] },
  { title: 'Leiningen', files: ['project.clj'] },
  { title: 'Ant', files: ['build.xml'], holds: /<javac\b/ },
  {
    title: 'Bazel',
    files: ['MODULE.bazel', 'WORKSPACE', 'WORKSPACE.bazel', 'BUILD.bazel', 'BUILD'],
    holds: /\brules_jvm_external\b|\brules_java\b|\bjava_binary\s?\(/,
  },
];

/** Manifests of other languages: where one is, the tree is that kind's to claim. */
const otherManifests = ['go.mod', 'package.json'];

/**
 * Throws `detect.unsupported` for a Java project of a build tool that Slipway does not run. Undefined for every other tree, and
 * where Maven or Gradle builds it too.
 */
export function refuseForeignBuild(tree: SourceTree): undefined {
  if ([...otherManifests, 'pom.xml', 'build.gradle', 'build.gradle.kts'].some((file) => tree.has(file)))
    return undefined;
  for (const { title, files, holds } of foreign) {
    const file = files.find((name) => tree.has(name) && (!holds || holds.test(tree.read(name) ?? '')));
    if (file === undefined) continue;
    throw new Failure('detect.unsupported', {
      message: `${file} says that ${title} builds this project, and Slipway runs Maven and Gradle`,
      where: file,
      remedy: 'Write its Dockerfile by hand, or build the jar first and give Slipway the jar.',
    });
  }
  return undefined;
}
