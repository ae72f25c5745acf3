import { Failure } from '../core/failure.js';
import { type Facts, textOf } from '../core/project.js';

/**
 * The shell of a base: `bash` in the official images. dash, Debian's `sh`, drops variables with dots in their names,
 * which Spring Boot reads. Alpine has busybox's; undefined: a distroless image has none.
 */
export function shellOf(base: string): 'bash' | 'sh' | undefined {
  if (/distroless/.test(base)) return undefined;
  return /alpine/.test(base) ? 'sh' : 'bash';
}

/** Options that the program needs of its JVM. */
export function jvmOptions(facts: Facts): readonly string[] {
  return textOf(facts, 'java.options') === '--enable-preview' ? ['--enable-preview'] : [];
}

/**
 * The argv that starts a JVM as process 1: `exec` replaces the shell, so that SIGTERM reaches the JVM. Words of `$JAVA_OPTS`
 * come first, split at spaces and never expanded as file names; the command's own words are passed as they are.
 * `$USE_SYSTEM_CA_CERTS` takes the way through the script of the official images, whose place as entrypoint this takes: it
 * gives the JVM the certificates of /certificates (https://hub.docker.com/_/eclipse-temurin).
 */
export function javaCommand(words: readonly string[], base: string): readonly string[] {
  const shell = shellOf(base);
  if (shell === undefined) return ['java', ...words];
  const script = 'set -f; exec ${USE_SYSTEM_CA_CERTS:+/__cacert_entrypoint.sh} java $JAVA_OPTS "$@"';
  return [shell, '-c', script, 'java', ...words];
}

/**
 * The argv of a start script, which hands process 1 on to the JVM and honours `$JAVA_OPTS` itself, as those of Gradle and
 * appassembler do. Throws `detect.unsupported` for a base without a shell.
 */
export function startCommand(script: string, words: readonly string[], base: string): readonly string[] {
  const shell = shellOf(base);
  if (shell === undefined) {
    throw new Failure('detect.unsupported', {
      message: `The start script needs a shell, which ${base} does not have`,
      where: 'image.base',
      remedy: 'Set image.base to an image with a shell.',
    });
  }
  return [shell, '-c', `exec \${USE_SYSTEM_CA_CERTS:+/__cacert_entrypoint.sh} ${shell} "$0" "$@"`, script, ...words];
}
