import type { Step } from '../../core/recipe.js';
import { extractLayers } from './layer-script.js';

/** What the recipe takes from the facts. */
export interface BuildFacts {
  readonly tool: 'maven' | 'gradle';
  readonly wrapper: boolean;
  /** Directory of the module, `''` for the root. */
  readonly module: string;
}

/** A jar that came along with the sources is never taken for the one that is built. */
const removeOldJars: Step = { title: 'Remove jars of earlier builds', script: ['rm -rf "$SLIPWAY_JARS"'] };

/** A wrapper that was checked in with Windows line ends, in this copy alone. `sh` runs it, so it needs no execute bit. */
const repairMavenWrapper: Step = {
  title: 'Repair line ends of the Maven wrapper',
  script: [
    'for file in mvnw .mvn/wrapper/maven-wrapper.properties .mvn/maven.config .mvn/jvm.config; do' +
      ' if [ -f "$file" ]; then sed -i "s/\\r\\$//" "$file" || exit 1; fi; done',
    'chmod +x mvnw',
  ],
};

const repairGradleWrapper: Step = {
  title: 'Repair line ends of the Gradle wrapper',
  script: ['sed -i "s/\\r\\$//" gradlew gradle/wrapper/gradle-wrapper.properties', 'chmod +x gradlew'],
};

/**
 * Two builds may share one local repository: file locks per artifact, which Maven has from 3.9 on
 * (https://maven.apache.org/resolver/local-repository.html). An older Maven ignores both properties.
 */
const lockRepository = [
  '-Daether.syncContext.named.factory=file-lock',
  '-Daether.syncContext.named.nameMapper=file-gav',
];

/** Package without running tests; of several modules the one that runs and what it needs. */
export function mavenSteps({ wrapper, module }: BuildFacts): readonly Step[] {
  const command = wrapper ? ['sh', './mvnw'] : ['mvn'];
  const modules = module === '' ? [] : ['-pl', module, '-am'];
  const build = {
    title: 'Build with Maven',
    argv: [...command, '-B', '-DskipTests', ...lockRepository, ...modules, 'package'],
  };
  return [...(wrapper ? [repairMavenWrapper] : []), removeOldJars, build, extractLayers];
}

/**
 * Gradle's locks reach only within one container, so builds that share its home take turns: `flock` on a file in the
 * cache, released however the build ends.
 */
const makeLockDirectory: Step = { title: 'Make the directory of the lock', script: ['mkdir -p /root/.gradle/caches'] };
const takeTurns = ['flock', '/root/.gradle/caches/slipway.lock'];

export function gradleSteps({ wrapper, module }: BuildFacts): readonly Step[] {
  const command = wrapper ? ['sh', './gradlew'] : ['gradle'];
  const task = `${module === '' ? '' : `:${module.replaceAll('/', ':')}`}:bootJar`;
  const build = {
    title: 'Build with Gradle',
    argv: [...takeTurns, ...command, '--no-daemon', '--console=plain', task],
  };
  return [...(wrapper ? [repairGradleWrapper] : []), removeOldJars, makeLockDirectory, build, extractLayers];
}
