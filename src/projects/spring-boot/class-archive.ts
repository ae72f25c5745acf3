import { Failure } from '../../core/failure.js';
import { applicationJar } from './application-jar.js';

/** What an archive of loaded classes is made with and used with: options of `java`, and the file in the image. */
export interface ClassArchive {
  readonly file: string;
  /** The whole command of the training run. */
  readonly training: readonly string[];
  /** An archive that does not fit the JVM or the jars is passed over. */
  readonly option: string;
}

/**
 * The archive of a Java: a dynamic CDS archive from 17 on (JEP 350), an AOT cache from 25 on (JEP 514). The training run
 * ends when the application context is there (`spring.context.exit`), and the class path must be jars, which the
 * extracted layout is from Spring Boot 3.3 on by its own documentation. Throws `detect.unsupported` below these.
 */
export function classArchive(java: number, boot: string | undefined, jvm: readonly string[]): ClassArchive {
  if (java < 17 || !isAtLeast(boot, 3, 3)) throw tooOld(java, boot);
  const [file, making, use] =
    java >= 25
      ? (['application.aot', '-XX:AOTCacheOutput', '-XX:AOTCache'] as const)
      : (['application.jsa', '-XX:ArchiveClassesAtExit', '-XX:SharedArchiveFile'] as const);
  return {
    file,
    training: ['java', ...jvm, `${making}=${file}`, '-Dspring.context.exit=onRefresh', '-jar', applicationJar],
    option: `${use}=${file}`,
  };
}

function isAtLeast(release: string | undefined, major: number, minor: number): boolean {
  const [first = 0, second = 0] = (release ?? '').split('.').map((part) => Number.parseInt(part, 10));
  return first > major || (first === major && second >= minor);
}

function tooOld(java: number, boot: string | undefined): Failure {
  return new Failure('detect.unsupported', {
    message: `java.cds needs Java 17 and Spring Boot 3.3, and this is Java ${java} and Spring Boot ${boot ?? 'of an unknown release'}`,
    where: 'java.cds',
    remedy: 'Leave java.cds out, or set spring-boot.release where the build files do not tell it.',
  });
}
