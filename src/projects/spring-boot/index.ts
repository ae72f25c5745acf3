import { Failure } from '../../core/failure.js';
import type { ProjectKind } from '../../core/kind.js';
import {
  type Detection,
  type Evidence,
  type Fact,
  type FactKey,
  type Facts,
  type FactValue,
  fact,
  type Hints,
  type Rejected,
} from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import type { BuildModel, Candidate } from '../../jvm/candidate.js';
import { chooseJava, parseJavaVersion } from '../../jvm/java-version.js';
import { readJavaFiles } from '../../jvm/version-files.js';
import { findWrapper } from '../../jvm/wrapper.js';
import { readApplicationConfig } from './application-config.js';
import { readGradle } from './gradle.js';
import { readMaven } from './maven.js';
import { findHealth, findPort } from './port-health.js';
import { springBootRecipe } from './recipe.js';

const gradleFiles = ['build.gradle', 'build.gradle.kts', 'settings.gradle', 'settings.gradle.kts'];

/** A Spring Boot application built by Maven or Gradle, packed as the layers of its executable jar. */
export const springBoot: ProjectKind = {
  name: 'spring-boot',
  title: 'Spring Boot application',
  manifests: ['pom.xml', ...gradleFiles],
  detect: detectSpringBoot,
  recipe: springBootRecipe,
};

function detectSpringBoot(tree: SourceTree, hints: Hints): Detection | undefined {
  const model = readBuild(tree, hints);
  if (!model) return undefined;
  const config = readApplicationConfig(tree, model.directory);
  const boot = hintedOr(hints, 'spring-boot.release', chooseBoot(model.boot));
  const version = typeof boot?.value === 'string' ? boot.value : undefined;
  const port = hintedOr(hints, 'port', findPort(config, model.dependencies));
  const facts = {
    'java.version': javaFact(tree, hints, model, version),
    'java.build-tool': hintedOr(hints, 'java.build-tool', fact(model.tool, toolEvidence(tree, model.tool))),
    'java.wrapper': hintedOr(hints, 'java.wrapper', findWrapper(tree, model.tool)),
    'java.module': hintedOr(hints, 'java.module', moduleFact(model, hints), model.directory || '.'),
    'java.cds': hintedOr(hints, 'java.cds', undefined),
    'spring-boot.version': boot && majorOf(boot),
    'spring-boot.release': boot,
    port,
    health: hintedOr(hints, 'health', port && findHealth(config, model.dependencies)),
  };
  return { name: model.name, facts: withoutGaps(facts), claim: 'primary', because: model.because };
}

/** The same fact with majors for values: what the contract of `detect --json` calls a version. */
function majorOf(release: Fact): Fact {
  const major = (value: FactValue): FactValue => (typeof value === 'string' ? (value.split('.')[0] ?? value) : value);
  return {
    ...release,
    value: major(release.value),
    rejected: release.rejected.map((it) => ({ ...it, value: major(it.value) })),
  };
}

/** Throws `detect.ambiguous` where both tools build a Spring Boot application here and no hint chooses. */
function readBuild(tree: SourceTree, hints: Hints): BuildModel | undefined {
  const wanted = hints['java.build-tool']?.value;
  if (wanted === 'maven') return readMaven(tree, hints);
  if (wanted === 'gradle') return readGradle(tree, hints);
  const hasMaven = tree.has('pom.xml');
  const gradle = gradleFiles.filter((file) => tree.has(file));
  if (!hasMaven) return readGradle(tree, hints);
  if (gradle.length === 0) return readMaven(tree, hints);
  if (!readMaven(tree, hints) && !readGradle(tree, hints)) return undefined;
  throw new Failure('detect.ambiguous', {
    message: `Both Maven (pom.xml) and Gradle (${gradle.join(', ')}) could build this project`,
    where: 'java.build-tool',
    remedy: 'Set java.build-tool to one of them (slipway.yml, or --set java.build-tool=maven).',
    candidates: ['maven', 'gradle'],
  });
}

/** A hint decides also where the files leave the version open. */
function javaFact(tree: SourceTree, hints: Hints, model: BuildModel, boot: string | undefined): Fact | undefined {
  const isKnown = model.java.some(({ value }) => parseJavaVersion(value) !== undefined);
  if (hints['java.version'] && !isKnown) return hintedOr(hints, 'java.version', undefined);
  return hintedOr(hints, 'java.version', chooseJava(model.java, readJavaFiles(tree), boot));
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

/** The first version that is one; a property that the tree does not resolve is none. */
function chooseBoot(candidates: readonly Candidate[]): Fact | undefined {
  const isVersion = ({ value }: Candidate): boolean => /^\d{1,3}\.[\w.+-]{1,60}$/.test(value);
  const chosen = candidates.find(isVersion);
  if (!chosen) return undefined;
  const rejected = candidates
    .filter(({ value }) => value !== chosen.value)
    .flatMap(({ value, from: [first] }): readonly Rejected[] => (first ? [{ ...first, value }] : []));
  return fact(chosen.value, chosen.from, rejected);
}

/** A hint wins; what was detected instead is rejected. `value` replaces the hint's where it stands for something else. */
function hintedOr(hints: Hints, key: FactKey, detected: Fact | undefined, value?: string): Fact | undefined {
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

function withoutGaps(facts: Readonly<Partial<Record<FactKey, Fact | undefined>>>): Facts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
