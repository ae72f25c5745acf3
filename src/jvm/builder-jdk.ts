import { Failure } from '../core/failure.js';
import { type Evidence, type Fact, fact, type Hints } from '../core/project.js';
import type { SourceTree } from '../core/source-tree.js';
import type { BuildModel } from './candidate.js';
import { newestJava, oldestJava, readWrapperRelease } from './gradle-release.js';
import { parseJavaVersion } from './java-version.js';
import { findWrapper } from './wrapper.js';

/**
 * The JDK of the builder where it is not the program's own Java: a newer one that compiles for the older. Undefined where they are
 * the same. Throws `detect.unsupported` where the wrapper's Gradle runs on no JDK that can compile the program.
 */
export function findBuilderJdk(
  tree: SourceTree,
  hints: Hints,
  model: BuildModel,
  java: Fact | undefined,
): Fact | undefined {
  const version = Number(java?.value);
  const statement = java?.from[0];
  if (!java || !statement || !Number.isInteger(version)) return undefined;
  const wanted = [
    model.requiredJdk && { jdk: Number(parseJavaVersion(model.requiredJdk.value)), from: model.requiredJdk.from },
    version <= 8 &&
      isRelease(statement) && {
        jdk: 11,
        from: [{ ...statement, because: `${statement.because}: javac knows --release from 9 on` }],
      },
    model.tool === 'gradle' && usesWrapper(tree, hints) && fitToGradle(tree, version, statement),
  ].flatMap((one) => (one ? [one] : []));
  const most = wanted.filter(({ jdk }) => jdk > version).sort((a, b) => b.jdk - a.jdk)[0];
  return most && fact(String(most.jdk), most.from);
}

/** Only a version that javac is given as `--release`; levels of `source` and `target` a JDK 8 compiles itself. */
function isRelease({ because }: Evidence): boolean {
  return /^(?:<(?:maven\.compiler\.)?release>|options\.release|release) is /.test(because);
}

function usesWrapper(tree: SourceTree, hints: Hints): boolean {
  const hint = hints['java.wrapper']?.value;
  return hint === undefined ? findWrapper(tree, 'gradle').value === true : String(hint) === 'true';
}

interface WantedJdk {
  readonly jdk: number;
  readonly from: readonly Evidence[];
}

function fitToGradle(tree: SourceTree, java: number, statement: Evidence): WantedJdk | undefined {
  const release = readWrapperRelease(tree);
  if (release === undefined) return undefined;
  const [oldest, newest] = [oldestJava(release), newestJava(release)];
  const isToolchain = /^(?:languageVersion|jvmToolchain) is /.test(statement.because);
  if (java <= newest && (java >= oldest || !isToolchain)) {
    const file = 'gradle/wrapper/gradle-wrapper.properties';
    return { jdk: oldest, from: [{ file, because: `Gradle ${release} runs on Java ${oldest} and newer` }] };
  }
  throw new Failure('detect.unsupported', {
    message:
      java > newest
        ? `The wrapper's Gradle ${release} runs on Java ${newest} at most, and the project is for Java ${java}`
        : `The wrapper's Gradle ${release} runs on Java ${oldest} and newer, and the toolchain is to be Java ${java}, which is not in the builder then`,
    where: statement.file === undefined ? 'java.version' : `${statement.file}:${statement.line ?? 1}`,
    remedy: 'Set java.wrapper to false, so that a Gradle that fits builds it, or change the release of the wrapper.',
  });
}
