import { Failure } from '../../core/failure.js';
import type { JarFile } from '../../core/jar-file.js';
import { type Detection, type Fact, fact, type Hints } from '../../core/project.js';
import { hintedOr, withoutGaps } from '../../jvm/build-facts.js';
import { entryOf, jarFact, javaOfClasses, nameOfJar } from '../../jvm/jar-contents.js';
import { chooseJava, type JavaMinimum } from '../../jvm/java-version.js';

/**
 * The facts of a runnable jar that is already built and holds all it needs. It is not taken apart: what its manifest says
 * (other releases' classes, signatures) stays true. Throws `detect.unsupported` for a library, for a jar whose libraries
 * are not in it, and for one without the class that is to start it.
 */
export function detectRunnableJar(jar: JarFile, hints: Hints): Detection {
  const main = mainClass(jar, hints);
  refuseLibrariesBeside(jar);
  const facts = {
    'java.version': javaFact(jar, hints),
    'java.jar': jarFact(jar),
    'java.distribution': fact('jar', { file: entryOf(jar, 'META-INF/MANIFEST.MF'), because: `${main} starts it` }),
    'java.main': hintedOr(hints, 'java.main', undefined),
    'java.arguments': hintedOr(hints, 'java.arguments', undefined),
    port: hintedOr(hints, 'port', undefined),
    health: hintedOr(hints, 'health', undefined),
  };
  return {
    name: nameOfJar(jar),
    facts: withoutGaps(facts),
    claim: 'primary',
    because: { file: entryOf(jar, 'META-INF/MANIFEST.MF'), because: `${main} starts it` },
  };
}

/** Throws `detect.unsupported` where nothing starts the jar, or what is to start it is not in it. */
function mainClass(jar: JarFile, hints: Hints): string {
  const hint = hints['java.main']?.value;
  const main = typeof hint === 'string' ? hint : jar.manifest['Main-Class'];
  if (main === undefined) {
    throw refused(
      jar,
      'The manifest has no Main-Class: the jar is a library, or one that only a class path runs',
      'Name the runnable jar that the build leaves beside it, or set java.main to the class that starts it.',
    );
  }
  if (jar.entries.includes(`${main.replaceAll('.', '/')}.class`)) return main;
  throw refused(
    jar,
    `The jar has no class ${main.slice(0, 200)}, which is to start it`,
    'Name the jar that holds it, or set java.main to a class that is in it.',
  );
}

function refuseLibrariesBeside(jar: JarFile): void {
  const paths = (jar.manifest['Class-Path'] ?? '').split(' ').filter((path) => path !== '');
  if (paths.length === 0) return;
  throw refused(
    jar,
    `The jar's libraries are not in it: its Class-Path names ${paths.length}, first ${paths[0]?.slice(0, 100)}`,
    "Run Slipway in the project's directory, or build a jar that holds its libraries.",
  );
}

/** The main class is what states it: no default stands in for it. */
const minimum: JavaMinimum = { version: 5, otherwise: 5, because: 'no class states a Java version' };

/** A hint decides also where the class tells nothing. */
function javaFact(jar: JarFile, hints: Hints): Fact | undefined {
  const found = javaOfClasses(jar);
  return (
    hintedOr(hints, 'java.version', found.length === 0 ? undefined : chooseJava(found, [], minimum)) ?? unknown(jar)
  );
}

function unknown(jar: JarFile): never {
  throw refused(
    jar,
    'No class of the jar tells its Java version',
    'Set java.version (slipway.yml, or --set java.version=21).',
  );
}

function refused(jar: JarFile, message: string, remedy: string): Failure {
  return new Failure('detect.unsupported', { message, where: jar.path, remedy });
}
