import { Failure } from '../core/failure.js';
import { type Evidence, type Fact, type FactKey, type Facts, fact, type Hints } from '../core/project.js';
import type { SourceTree } from '../core/source-tree.js';
import { findBuilderJdk } from './builder-jdk.js';
import type { BuildModel, Candidate } from './candidate.js';
import { chooseJava, type JavaMinimum, parseJavaVersion } from './java-version.js';
import { readJavaFiles } from './version-files.js';
import { findWrapper } from './wrapper.js';

const gradleFiles = ['build.gradle', 'build.gradle.kts', 'settings.gradle', 'settings.gradle.kts'];

/** The file names that say that Maven or Gradle builds a tree. */
export const buildFiles: readonly string[] = ['pom.xml', ...gradleFiles];

/** One kind's reading of either tool's build; undefined where it has nothing of that kind. */
export interface BuildReaders<T> {
  readonly maven: () => T | undefined;
  readonly gradle: () => T | undefined;
}

/** Read what builds the tree. Throws `detect.ambiguous` where both tools do and no hint chooses. */
export function readEitherBuild<T>(tree: SourceTree, hints: Hints, read: BuildReaders<T>): T | undefined {
  const wanted = hints['java.build-tool']?.value;
  if (wanted === 'maven') return read.maven();
  if (wanted === 'gradle') return read.gradle();
  const gradle = gradleFiles.filter((file) => tree.has(file));
  if (!tree.has('pom.xml')) return read.gradle();
  if (gradle.length === 0) return read.maven();
  if (!read.maven() && !read.gradle()) return undefined;
  throw new Failure('detect.ambiguous', {
    message: `Both Maven (pom.xml) and Gradle (${gradle.join(', ')}) could build this project`,
    where: 'java.build-tool',
    remedy: 'Set java.build-tool to one of them (slipway.yml, or --set java.build-tool=maven).',
    candidates: ['maven', 'gradle'],
  });
}

/** The facts of every project that Maven or Gradle builds: version, tool, wrapper and module. */
export function findBuildFacts(
  tree: SourceTree,
  hints: Hints,
  model: BuildModel,
  minimum: JavaMinimum,
): Readonly<Partial<Record<FactKey, Fact | undefined>>> {
  const java = javaFact(tree, hints, model, minimum);
  return {
    'java.version': java,
    'java.jdk': findBuilderJdk(tree, hints, model, java),
    'java.profiles': hintedOr(hints, 'java.profiles', undefined),
    'java.default-profiles': factOf(model.defaultProfiles),
    'java.build-tool': hintedOr(hints, 'java.build-tool', fact(model.tool, toolEvidence(tree, model.tool))),
    'java.wrapper': hintedOr(hints, 'java.wrapper', findWrapper(tree, model.tool)),
    'java.module': hintedOr(hints, 'java.module', moduleFact(model, hints), model.directory || '.'),
    'java.toolchain': factOf(model.toolchain?.version),
    'java.toolchain.vendor': factOf(model.toolchain?.vendor ?? model.vendor),
    'java.options': factOf(model.options),
  };
}

function factOf(candidate: Candidate | undefined): Fact | undefined {
  return candidate && fact(candidate.value, candidate.from);
}

/** A hint decides also where the files leave the version open. */
function javaFact(tree: SourceTree, hints: Hints, model: BuildModel, minimum: JavaMinimum): Fact | undefined {
  const isKnown = model.java.some(({ value }) => parseJavaVersion(value) !== undefined);
  if (hints['java.version'] && !isKnown) return hintedOr(hints, 'java.version', undefined);
  return hintedOr(hints, 'java.version', chooseJava(model.java, readJavaFiles(tree), minimum));
}

function toolEvidence(tree: SourceTree, tool: string): Evidence {
  const file = tool === 'maven' ? 'pom.xml' : (gradleFiles.find((name) => tree.has(name)) ?? 'build.gradle');
  return { file, because: `${file} is at the root` };
}

function moduleFact(model: BuildModel, hints: Hints): Fact | undefined {
  if (!model.module) return undefined;
  const { from, others } = model.module;
  const because = hints['java.module'] ? 'could run too' : 'has no application class';
  return fact(
    model.directory,
    from,
    others.map((value) => ({ value: value === '' ? '.' : value, because })),
  );
}

/** A hint wins; what was detected instead is rejected. `value` replaces the hint's where it stands for something else. */
export function hintedOr(hints: Hints, key: FactKey, detected: Fact | undefined, value?: string): Fact | undefined {
  const hint = hints[key];
  if (!hint) return detected;
  const chosen = value ?? normalise(key, hint.value);
  const from = { because: `set by ${hint.origin}` };
  if (!detected) return fact(chosen, from);
  const instead = detected.value === chosen ? [] : [{ value: detected.value, ...(detected.from[0] ?? from) }];
  return fact(chosen, from, [...instead, ...detected.rejected]);
}

function normalise(key: FactKey, value: Fact['value']): Fact['value'] {
  if (key === 'java.version') return parseJavaVersion(String(value)) ?? value;
  if (key === 'java.wrapper' && typeof value === 'string') return value === 'true';
  return value;
}

/** Facts without those that are not known. */
export function withoutGaps(facts: Readonly<Partial<Record<FactKey, Fact | undefined>>>): Facts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
