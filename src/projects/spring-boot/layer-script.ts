import type { ScriptStep } from '../../core/recipe.js';

/** The image's layers, from what changes least to what changes most: the order in which they are copied. */
export const layerNames = ['dependencies', 'spring-boot-loader', 'snapshot-dependencies', 'application'] as const;

/** Directory of the layers in the source copy. */
export const layerDirectory = '.slipway/layers';

/**
 * Finds the one executable jar in `$SLIPWAY_JARS` and takes it apart into the layers. The jar's own `BOOT-INF/layers.idx`
 * says which entry belongs where (https://docs.spring.io/spring-boot/specification/executable-jar/nested-jars.html):
 * the JDK's `jar` is all it needs, whatever jar modes that Spring Boot version has. Without an index everything is
 * `application`; a layer with a name of the team's own goes with the dependencies when it holds libraries.
 * Which jar: not by its name, but the one whose manifest has a Start-Class. Exit code 65: none or several.
 */
export const extractLayers: ScriptStep = {
  title: 'Take the jar apart into layers',
  script: [
    'root=$PWD layers=$PWD/.slipway/layers work=$PWD/.slipway/jar found= seen=',
    'rm -rf "$layers" "$work"',
    'mkdir -p "$work/manifest" "$layers/dependencies" "$layers/spring-boot-loader" "$layers/snapshot-dependencies" "$layers/application"',
    'for jar in "$SLIPWAY_JARS"/*.jar; do' +
      ' case ${jar##*/} in "*.jar"|original-*|*-plain.jar|*-sources.jar|*-javadoc.jar|*-tests.jar|*-test-fixtures.jar) continue;; esac;' +
      ' rm -rf "$work/manifest/META-INF";' +
      ' (cd "$work/manifest" && jar xf "$root/$jar" META-INF/MANIFEST.MF) || exit 65;' +
      ' seen="$seen $jar";' +
      ' if grep -q "^Start-Class:" "$work/manifest/META-INF/MANIFEST.MF" 2>/dev/null; then found="$found|$jar"; fi;' +
      ' done',
    'case $found in' +
      ' "|"*"|"*) echo "slipway: several executable jars in $SLIPWAY_JARS: ${found#|}" >&2; exit 65;;' +
      ' "|"*) jar=${found#|};;' +
      ' *) echo "slipway: no executable Spring Boot jar in $SLIPWAY_JARS (jars there:${seen:- none}): the Spring Boot plugin did not repackage one" >&2; exit 65;; esac',
    'mkdir "$work/all"',
    'cd "$work/all"',
    'jar xf "$root/$jar"',
    'if [ ! -f "$(echo "$SLIPWAY_LAUNCHER" | tr . /).class" ]; then' +
      ' echo "slipway: $jar has no $SLIPWAY_LAUNCHER; its manifest says $(grep "^Main-Class:" META-INF/MANIFEST.MF | tr -d "\\r"). Set spring-boot.release to the one whose loader it has (below 3.2: the classic one)." >&2; exit 66; fi',
    'put() { if [ -d "$1" ] && [ -d "$layers/$2/$1" ]; then cp -R "$1/." "$layers/$2/$1/" && rm -rf "$1";' +
      ' elif [ -e "$1" ]; then mkdir -p "$layers/$2/$(dirname "$1")" && mv "$1" "$layers/$2/$1"; fi; }',
    'if [ -f BOOT-INF/layers.idx ]; then layer=application; cp BOOT-INF/layers.idx "$work/layers.idx";' +
      ' while IFS= read -r line; do name=${line#*\\"}; name=${name%\\"*}; name=${name%/};' +
      ' case $line in' +
      ' "- "*) layer=$name;;' +
      ' *..*) ;;' +
      ' "  - "*) case $layer:$name in' +
      ' dependencies:*|spring-boot-loader:*|snapshot-dependencies:*|application:*) put "$name" "$layer" || exit 67;;' +
      ' *:BOOT-INF/lib*) put "$name" dependencies || exit 67;;' +
      ' esac;; esac; done < "$work/layers.idx"; fi',
    'cd "$work"',
    '{ find all -depth -type d -exec rmdir {} + 2>/dev/null || true; }',
    'mkdir -p all',
    'cp -R all/. "$layers/application/"',
    'cd "$root"',
    'rm -rf "$work"',
  ],
};
