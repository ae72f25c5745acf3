import type { ScriptStep } from '../../core/recipe.js';

/** The image's layers, from what changes least to what changes most: the order in which they are copied. */
export const layerNames = ['dependencies', 'application'] as const;

/** Directory of the layers in the source copy. */
export const layerDirectory = '.slipway/layers';

/** File of the jar in the image. */
export const jarName = 'app.jar';

/** Start script in the image. */
export const startScript = 'bin/start';

const begin = [
  'root=$PWD layers=$PWD/.slipway/layers work=$PWD/.slipway/jar',
  'rm -rf "$layers" "$work"',
  'mkdir -p "$work" "$layers/dependencies" "$layers/application"',
  'fail() { code=$1; shift; echo "slipway: $*" >&2; exit "$code"; }',
  // Names of the jars that the tree's own modules make: what changes with every build.
  'own=" $(find . -path ./.slipway -prune -o -name "*.jar" -print | sed -n "s#^.*/\\(target\\|build/libs\\)/\\([^/]*\\)\\$#\\2#p" | tr "\\n" " ") "',
  'layer_of() { case $own in *" ${1##*/} "*) echo application;; *) echo dependencies;; esac; }',
];

/** Files that arguments name, with spaces between them and none in them: they keep their names below the directory `$SLIPWAY_FROM`. */
const end = [
  'cd "$root"',
  'for file in $SLIPWAY_FILES; do' +
    ' to=$layers/application/${file#"$SLIPWAY_FROM"}; mkdir -p "$(dirname "$to")" && cp "$file" "$to" || exit 67; done',
  'rm -rf "$work"',
];

/**
 * One field of a jar's manifest, its continued lines joined
 * (https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html#notes-on-manifest-and-signature-files).
 */
const readManifest = [
  'field() { rm -rf "$work/META-INF"; (cd "$work" && jar xf "$root/$1" META-INF/MANIFEST.MF) || exit 65;' +
    ' if [ -f "$work/META-INF/MANIFEST.MF" ]; then tr -d "\\r" < "$work/META-INF/MANIFEST.MF" |' +
    ' sed -e ":a" -e "\\$!N;s/\\n //;ta" -e "P;D" | sed -n "s/^$2: *//p"; fi; }',
];

/**
 * Finds the one runnable jar in `$SLIPWAY_OUTPUT`: `$SLIPWAY_ARTIFACT` where a person named it; of the jars whose names end in
 * `$SLIPWAY_CLASSIFIER`, or else of all but those for tests, sources and documentation, the one whose manifest has a Main-Class. The
 * libraries that its Class-Path names go with it, at the places where it looks for them. Exit code 65: none or several; 66:
 * the main class is not in it; 67: libraries are missing.
 */
export const takeJar: ScriptStep = {
  title: 'Take the runnable jar and its libraries',
  script: [
    ...begin,
    ...readManifest,
    'seen= found= named=',
    'for jar in "$SLIPWAY_OUTPUT"/*-"$SLIPWAY_CLASSIFIER".jar; do if [ -n "$SLIPWAY_CLASSIFIER" ] && [ -f "$jar" ]; then named=yes; fi; done',
    'for jar in "$SLIPWAY_OUTPUT"/*.jar; do' +
      ' case ${jar##*/} in "*.jar"|original-*|*-plain.jar|*-sources.jar|*-javadoc.jar|*-tests.jar|*-test-fixtures.jar) continue;; esac;' +
      ' seen="$seen $jar";' +
      ' if [ -n "$named" ]; then case $jar in *-"$SLIPWAY_CLASSIFIER".jar) ;; *) continue;; esac; fi;' +
      ' if [ -n "$SLIPWAY_MAIN" ] || [ -n "$(field "$jar" Main-Class)" ]; then found="$found|$jar"; fi;' +
      ' done',
    'if [ -n "$SLIPWAY_ARTIFACT" ]; then' +
      ' [ -f "$SLIPWAY_ARTIFACT" ] || fail 65 "the build left no $SLIPWAY_ARTIFACT (jars there:${seen:- none}); set java.artifact to one that it leaves";' +
      ' found="|$SLIPWAY_ARTIFACT"; fi',
    'case $found in' +
      ' "|"*"|"*) fail 65 "several runnable jars in $SLIPWAY_OUTPUT: ${found#|}; set java.artifact to one of them";;' +
      ' "|"*) jar=${found#|};;' +
      ' *) fail 65 "no jar with a Main-Class in $SLIPWAY_OUTPUT (jars there:${seen:- none}); set java.artifact to the file, or java.main to the class that starts it";; esac',
    'main=${SLIPWAY_MAIN:-$(field "$jar" Main-Class)} paths=$(field "$jar" Class-Path)',
    'if [ -z "$paths" ]; then jar tf "$jar" > "$work/entries"; grep -Fqx "$(echo "$main" | tr . /).class" "$work/entries" ||' +
      ' fail 66 "$jar has no class $main, which is to start it"; fi',
    'set -f',
    'missing=; for path in $paths; do case $path in' +
      ' /*|*:*|*..*) fail 67 "the Class-Path of $jar leads out of its directory: $path";;' +
      ' */) ;;' +
      ' *) if [ -f "$(dirname "$jar")/$path" ]; then to=$layers/$(layer_of "$path")/$path;' +
      ' mkdir -p "$(dirname "$to")" && cp "$(dirname "$jar")/$path" "$to" || exit 67;' +
      ' else missing="$missing $path"; fi;; esac; done',
    'if [ -n "$missing" ] && [ "$SLIPWAY_DISTRIBUTION" = jar-with-libraries ]; then' +
      ' fail 67 "$jar names libraries that the build did not put beside it:$missing"; fi',
    'set +f',
    'cp "$jar" "$layers/application/app.jar"',
    ...end,
  ],
};

/** Quarkus's directory: its libraries, and what is made anew with every build. Exit code 65: there is none. */
export const takeQuarkus: ScriptStep = {
  title: 'Take the directory that Quarkus made',
  script: [
    ...begin,
    '[ -f "$SLIPWAY_OUTPUT/quarkus-run.jar" ] || fail 65 "the build left no $SLIPWAY_OUTPUT/quarkus-run.jar; set quarkus.package.jar.type where Slipway can read it"',
    'cp -R "$SLIPWAY_OUTPUT/lib" "$layers/dependencies/lib"',
    'for name in quarkus-run.jar app quarkus quarkus-app-dependencies.txt; do' +
      ' if [ -e "$SLIPWAY_OUTPUT/$name" ]; then cp -R "$SLIPWAY_OUTPUT/$name" "$layers/application/$name" || exit 65; fi; done',
    ...end,
  ],
};

/**
 * A directory with `bin/` in `$SLIPWAY_OUTPUT`, or in the one directory there. Its one start script, or the one that
 * `$SLIPWAY_ARTIFACT` names, becomes `bin/start`. Exit code 65: none or several.
 */
export const takeDistribution: ScriptStep = {
  title: 'Take the distribution with its start script',
  script: [
    ...begin,
    'home=$SLIPWAY_OUTPUT count=1',
    'if [ ! -d "$home/bin" ]; then count=0; for directory in "$SLIPWAY_OUTPUT"/*/; do' +
      ' if [ -d "$directory/bin" ]; then home=${directory%/}; count=$((count + 1)); fi; done; fi',
    '[ "$count" = 1 ] || fail 65 "$count directories with start scripts in $SLIPWAY_OUTPUT"',
    'found= count=0; for script in "$home"/bin/*; do case $script in *.bat|*.cmd|*/"*") continue;; esac;' +
      ' if [ -n "$SLIPWAY_ARTIFACT" ] && [ "${script##*/}" != "${SLIPWAY_ARTIFACT##*/}" ]; then continue; fi;' +
      ' found="$found $script"; start=$script; count=$((count + 1)); done',
    '[ "$count" = 1 ] || fail 65 "$count start scripts in $home/bin:${found:- $(ls "$home/bin")}; set java.artifact to the name of one of them"',
    'cd "$home"',
    'find . -type d | while IFS= read -r name; do mkdir -p "$layers/application/$name" || exit 67; done',
    'find . ! -type d | while IFS= read -r name; do case $name in' +
      ' ./bin/*) continue;;' +
      ' *.jar) layer=$(layer_of "$name");;' +
      ' *) layer=application;; esac;' +
      ' mkdir -p "$layers/$layer/$(dirname "$name")" && cp "$name" "$layers/$layer/$name" || exit 67; done',
    'cd "$root"',
    'cp "$start" "$layers/application/bin/start"',
    'chmod 755 "$layers/application/bin/start"',
    ...end,
  ],
};
