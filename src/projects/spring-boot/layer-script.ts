import type { ScriptStep } from '../../core/recipe.js';
import { manifestFunctions, writeApplicationJar, writeLaunchingJar } from './application-jar.js';

/** The image's layers, from what changes least to what changes most: the order in which they are copied. */
export const layerNames = ['dependencies', 'snapshot-dependencies', 'application'] as const;

/** Directory of the layers in the source copy. */
export const layerDirectory = '.slipway/layers';

/**
 * The archive that Spring Boot made: the file that `$SLIPWAY_JARS` is, or the one in that directory whose manifest has a
 * Start-Class, whatever its name.
 */
const findArchive = [
  'if [ -f "$SLIPWAY_JARS" ]; then set -- "$SLIPWAY_JARS"; else set -- "$SLIPWAY_JARS"/*.jar "$SLIPWAY_JARS"/*.war; fi',
  'for jar in "$@"; do' +
    ' case $#:${jar##*/} in *:"*."[jw]ar) continue;; 1:*) ;;' +
    ' *:original-*|*-plain.[jw]ar|*-sources.jar|*-javadoc.jar|*-tests.jar|*-test-fixtures.jar) continue;; esac;' +
    ' rm -rf "$work/META-INF"; (cd "$work" && jar xf "$root/$jar" META-INF/MANIFEST.MF) || exit 65;' +
    ' seen="$seen $jar";' +
    ' if grep -q "^Start-Class:" "$work/META-INF/MANIFEST.MF" 2>/dev/null; then found="$found|$jar"; fi;' +
    ' done',
  'case $found in' +
    ' "|"*"|"*) echo "slipway: several executable archives in $SLIPWAY_JARS: ${found#|}; set java.artifact to one of them" >&2; exit 65;;' +
    ' "|"*) jar=${found#|};;' +
    ' *) echo "slipway: no executable Spring Boot jar in $SLIPWAY_JARS (there:${seen:- none}): the Spring Boot plugin did not repackage one" >&2; exit 65;; esac',
];

const unpack = [
  'mkdir "$work/all"',
  'cd "$work/all"',
  'jar xf "$root/$jar"',
  'unfold META-INF/MANIFEST.MF > "$work/manifest"',
  'main=$(attr Main-Class) start=$(attr Start-Class) index=$(attr Spring-Boot-Layers-Index)',
  ': > "$work/layers.idx"',
  'case $index in *..*|/*) ;; *) if [ -f "./$index" ]; then cp "./$index" "$work/layers.idx"; fi;; esac',
];

/**
 * `layer NAME`: the layer of the image for one of the index. The loader changes when Spring Boot does. One of the team's
 * own stands between released libraries and the application. `each COMMAND`: runs it with path and layer of every line
 * of the index (https://docs.spring.io/spring-boot/specification/executable-jar/nested-jars.html), until one fails.
 */
const layerFunctions = [
  'layer() { case $1 in dependencies|snapshot-dependencies|application) echo "$1";; spring-boot-loader) echo dependencies;; *) echo snapshot-dependencies;; esac; }',
  'each() { to=application; while IFS= read -r line; do name=${line#*\\"}; name=${name%\\"*}; name=${name%/};' +
    ' case $line in "- "*) to=$(layer "$name");; *..*) ;; "  - "*) "$1" "$name" "$to" || return 1;; esac; done < "$work/layers.idx"; }',
];

/** What is in no line of an index, or there is none (before Spring Boot 2.3), is told by its name. */
const extractFunctions = [
  'keep() { if [ -f "$1" ]; then mkdir -p "$layers/$2/lib" && mv "$1" "$layers/$2/lib/"; fi; }',
  'library() { case BOOT-INF/lib in "$1"|"$1"/*) for file in BOOT-INF/lib/*; do keep "$file" "$2" || return 1; done;; *) case $1 in BOOT-INF/lib/*) keep "$1" "$2";; esac;; esac; }',
  'extract() { rm -f BOOT-INF/lib/spring-boot-jarmode-*.jar && each library && library "" dependencies' +
    ' && for file in BOOT-INF/lib/*-SNAPSHOT.jar; do keep "$file" snapshot-dependencies || return 1; done' +
    ' && for file in BOOT-INF/lib/*; do keep "$file" dependencies || return 1; done' +
    ' && writeJar; }',
];

/** Entries stay at their places for the launcher of the archive itself, which is on the disk then. */
const explodeFunctions = [
  'put() { if [ -d "./$1" ] && [ -d "$layers/$2/$1" ]; then cp -R "./$1/." "$layers/$2/$1/" && rm -rf "./$1";' +
    ' elif [ -e "./$1" ]; then mkdir -p "$layers/$2/$(dirname "./$1")" && mv "./$1" "$layers/$2/$1"; fi; }',
  'explode() { each put && for name in WEB-INF/lib WEB-INF/lib-provided BOOT-INF/lib org/springframework/boot/loader; do put "$name" dependencies || return 1; done' +
    ' && { find . -depth -type d -exec rmdir {} + 2>/dev/null || true; }' +
    ' && mkdir -p "$work/all" && cp -R "$work/all/." "$layers/application/" && writeLauncher; }',
];

/**
 * Takes the archive that was built apart into layers around `application.jar`, which every image starts: whatever Spring
 * Boot's version, packaging and launcher are, the Dockerfile is the same. The JDK's `jar` is all it needs, whatever jar
 * modes that version has.
 *
 * - A jar with Spring Boot's JarLauncher becomes what its own `tools extract` makes (docs/decisions/0005): the
 *   application's classes as a plain jar whose class path is `lib/`.
 * - An archive with another launcher of Spring Boot (a war, `PropertiesLauncher`) stays as it is, unpacked; `application.jar`
 *   only points to the manifest's own Main-Class.
 *
 * Exit codes: 65 none or several, 66 a Main-Class that is no launcher, 67 an archive that cannot be taken apart.
 */
export const extractLayers: ScriptStep = {
  title: 'Take the jar apart into layers',
  script: [
    'root=$PWD layers=$PWD/.slipway/layers work=$PWD/.slipway/jar found= seen=',
    'rm -rf "$layers" "$work"',
    `mkdir -p "$work" ${layerNames.map((name) => `"$layers/${name}"`).join(' ')}`,
    ...manifestFunctions,
    ...layerFunctions,
    ...writeApplicationJar,
    ...writeLaunchingJar,
    ...extractFunctions,
    ...explodeFunctions,
    ...findArchive,
    ...unpack,
    'case $main:$(attr Spring-Boot-Classes):$(attr Spring-Boot-Lib) in' +
      ' org.springframework.boot.loader.JarLauncher:BOOT-INF/classes/:BOOT-INF/lib/|org.springframework.boot.loader.launch.JarLauncher:BOOT-INF/classes/:BOOT-INF/lib/) extract || exit 67;;' +
      ' org.springframework.boot.loader.*Launcher:*) explode || exit 67;;' +
      ' *) echo "slipway: the Main-Class of $jar is ${main:-not set}, which is no launcher of Spring Boot: its layout is not known" >&2; exit 66;; esac',
    'cd "$root"',
    'rm -rf "$work"',
  ],
};
