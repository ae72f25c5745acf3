/**
 * The argv that starts a JVM as process 1: `exec` replaces the shell, so that SIGTERM reaches the JVM. Words of `$JAVA_OPTS`
 * come first, split at spaces and never expanded as file names; the command's own words are passed as they are.
 */
export function javaCommand(words: readonly string[]): readonly string[] {
  return ['sh', '-c', 'set -f; exec java $JAVA_OPTS "$@"', 'java', ...words];
}
