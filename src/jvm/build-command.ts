import type { Cache, ScriptStep, Step } from '../core/recipe.js';

/** How Maven or Gradle is called. */
export interface BuildCall {
  readonly tool: 'maven' | 'gradle';
  readonly wrapper: boolean;
  /** Directory of the module, `''` for the root. */
  readonly module: string;
  /** Maven's profiles that are asked for by name. */
  readonly profiles: readonly string[];
  /** Whose JDK the toolchain is to be. */
  readonly vendor?: string;
  /** Major of the JDK that the build tool runs on. */
  readonly jdk: number;
}

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

/** Where the builder's own JDK is described to Maven's toolchains plugin. */
const toolchainsFile = '.slipway/toolchains.xml';

/**
 * The builder's JDK as the one toolchain there is. `$SLIPWAY_TOOLCHAIN` is the version that the pom asks for, where it is a plain
 * one: Maven compares texts then, and the builder was chosen for it. For a range it is the JDK's own
 * (https://maven.apache.org/guides/mini/guide-using-toolchains.html).
 */
const describeToolchain: ScriptStep = {
  title: 'Describe the JDK of the builder as a toolchain',
  script: [
    'mkdir -p .slipway',
    'home=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")}',
    'version=${SLIPWAY_TOOLCHAIN:-$(sed -n "s/^JAVA_VERSION=\\"\\(.*\\)\\".*/\\1/p" "$home/release")}',
    `printf '<toolchains><toolchain><type>jdk</type><provides><version>%s</version><vendor>%s</vendor></provides><configuration><jdkHome>%s</jdkHome></configuration></toolchain></toolchains>\\n' "$version" "$SLIPWAY_TOOLCHAIN_VENDOR" "$home" > ${toolchainsFile}`,
  ],
};

/** Package without running tests; of several modules the one that runs and what it needs. */
export function mavenBuild({ wrapper, module, profiles }: BuildCall, hasToolchain: boolean): readonly Step[] {
  const command = wrapper ? ['sh', './mvnw'] : ['mvn'];
  const modules = module === '' ? [] : ['-pl', module, '-am'];
  const chosen = profiles.length === 0 ? [] : [`-P${profiles.join(',')}`];
  const toolchains = hasToolchain ? ['--toolchains', toolchainsFile] : [];
  const build = {
    title: 'Build with Maven',
    argv: [...command, '-B', '-DskipTests', ...lockRepository, ...chosen, ...toolchains, ...modules, 'package'],
  };
  return [...(wrapper ? [repairMavenWrapper] : []), ...(hasToolchain ? [describeToolchain] : []), build];
}

/**
 * Gradle's locks reach only within one container, so builds that share its home take turns: `flock` on a file in the
 * cache, released however the build ends.
 */
const makeLockDirectory: Step = { title: 'Make the directory of the lock', script: ['mkdir -p /root/.gradle/caches'] };
const takeTurns = ['flock', '/root/.gradle/caches/slipway.lock'];

/** Run one task, given by its path: `:app:installDist`; one without colons is the module's, whatever its project is called. */
export function gradleBuild({ wrapper, module }: BuildCall, task: string): readonly Step[] {
  const command = wrapper ? ['sh', './gradlew'] : ['gradle'];
  const project = task.startsWith(':') || module === '' ? [] : ['-p', module];
  const build = {
    title: 'Build with Gradle',
    argv: [...takeTurns, ...command, '--no-daemon', '--console=plain', ...project, task],
  };
  return [...(wrapper ? [repairGradleWrapper] : []), makeLockDirectory, build];
}

/** Maven's settings.xml is mounted beside the repository, so the cache is the repository alone. */
const mavenCaches: readonly Cache[] = [
  { name: 'maven', path: '/root/.m2/repository' },
  { name: 'maven-wrapper', path: '/root/.m2/wrapper' },
];

const gradleCaches: readonly Cache[] = [
  { name: 'gradle', path: '/root/.gradle/caches' },
  { name: 'gradle-wrapper', path: '/root/.gradle/wrapper' },
];

/** What either tool keeps between builds. */
export function cachesOf({ tool }: BuildCall): readonly Cache[] {
  return tool === 'maven' ? mavenCaches : gradleCaches;
}

/** What a .dockerignore names. Anchored: a package of the sources may be called `target` or `build`. */
export function leftOutOfContext({ tool, module }: BuildCall): readonly string[] {
  const output = tool === 'maven' ? 'target' : 'build';
  const outputs = module === '' ? [output] : [output, `${module}/${output}`];
  return ['.slipway', ...(tool === 'gradle' ? ['**/.gradle'] : []), ...outputs, '**/hs_err_pid*.log'];
}
