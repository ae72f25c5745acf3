/** What every image starts, whatever Spring Boot's version, packaging and launcher are. */
export const applicationJar = 'application.jar';

/** Pieces of the layer script that write `application.jar`; they use its variables `$root`, `$jar`, `$layers`, `$work`. */

/**
 * `attr NAME`: an attribute of the main section of `$work/manifest`. A manifest's lines end at 72 bytes and go on after a
 * space (https://docs.oracle.com/en/java/javase/17/docs/specs/jar/jar.html): `unfold` joins them, `refold` ends them.
 */
export const manifestFunctions: readonly string[] = [
  'unfold() { tr -d "\\r" < "$1" | sed -e ":a" -e "\\$!N" -e "s/\\n //" -e "ta" -e "P" -e "D"; }',
  'refold() { while IFS= read -r line; do printf "%s\\n" "$line" | fold -b -w 70 | sed "2,\\$s/^/ /"; done; }',
  'attr() { sed "/^\\$/q" "$work/manifest" | sed -n "s/^$1: *//p" | head -n 1; }',
];

/**
 * `classPath`: the libraries as the launcher has them: in the order of the index, then of the jar. Names are URLs there.
 * `addLibrary NAME` adds one that is in a layer.
 */
const classPathFunctions = [
  'addLibrary() { for to in dependencies snapshot-dependencies application; do if [ -f "$layers/$to/lib/$1" ]; then' +
    ' case $1 in *[%\\ \\#?]*) set -- "$(printf %s "$1" | sed -e "s/%/%25/g" -e "s/ /%20/g" -e "s/#/%23/g" -e "s/?/%3F/g")";; esac;' +
    ' case "$path " in *" lib/$1 "*) ;; *) path="$path lib/$1";; esac; return; fi; done; }',
  'libraryNames() { if [ -f BOOT-INF/classpath.idx ]; then sed -n "s|^- *\\"BOOT-INF/lib/\\(.*\\)\\".*|\\1|p" BOOT-INF/classpath.idx; fi;' +
    ' jar tf "$root/$jar" | sed -n "s|^BOOT-INF/lib/||p"; }',
  'classPath() { path=; libraryNames > "$work/libraries"; while IFS= read -r name; do addLibrary "$name"; done < "$work/libraries"; }',
];

/**
 * What the archive has for its launcher stays behind: the loader, its file system, the index. Signatures of the archive
 * are not those of this jar: a JVM refuses a jar that they do not fit. The application's own files win.
 */
const layOut =
  'layOut() { mkdir "$work/app" && mv BOOT-INF "$work/boot"' +
  ' && rm -rf org/springframework/boot/loader META-INF/services/java.nio.file.spi.FileSystemProvider' +
  ' && { rmdir org/springframework/boot org/springframework org META-INF/services 2>/dev/null || true; } && cp -R . "$work/app/"' +
  ' && if [ -d "$work/boot/classes" ]; then cp -R "$work/boot/classes/." "$work/app/"; fi' +
  ' && rm -f "$work"/app/META-INF/INDEX.LIST "$work"/app/META-INF/*.SF "$work"/app/META-INF/*.RSA "$work"/app/META-INF/*.DSA "$work"/app/META-INF/*.EC' +
  ' && mkdir -p "$work/app/META-INF"; }';

/** The archive's own manifest but for what its launcher reads. */
const describe =
  'describe() { { printf "Manifest-Version: 1.0\\nMain-Class: %s\\n" "$start"; if [ -n "$path" ]; then printf "Class-Path:%s\\n" "$path"; fi;' +
  ' sed "/^\\$/q" "$work/manifest" | sed -e "/^\\$/d" -e "/^Manifest-Version:/d" -e "/^Main-Class:/d" -e "/^Class-Path:/d" -e "/^Start-Class:/d" -e "/^Spring-Boot-[CL]/d"; }' +
  ' | refold > "$work/app/META-INF/MANIFEST.MF"; }';

/**
 * Directories are entries too: class path scanning looks for them. `jar` takes a directory with all below it in the disk's
 * order, but no entry twice: from the last name to the first, what is below is there before. Times are constant: the
 * same classes give the same bytes.
 */
const bundle =
  'bundle() { cd "$work/app" && find . -exec env TZ=UTC touch -t 198002010000 {} +' +
  ' && { echo META-INF/MANIFEST.MF; find . ! -name . | sed "s|^\\./||" | LC_ALL=C sort -r; } | sed -e "s/[\\\\\\"]/\\\\\\\\&/g" -e "s/.*/\\"&\\"/" > "$work/entries"' +
  ' && TZ=UTC jar cfM "$layers/application/application.jar" "@$work/entries"; }';

/** `writeJar`: the application's classes as a jar that starts by itself, with the libraries of the layers. */
export const writeApplicationJar: readonly string[] = [
  ...classPathFunctions,
  layOut,
  describe,
  bundle,
  'writeJar() { classPath && layOut && describe && bundle; }',
];

/** `writeLauncher`: a jar that starts the archive's Main-Class beside it. A launcher takes the directory of its classes for its archive. */
export const writeLaunchingJar: readonly string[] = [
  'writeLauncher() { if [ -e "$layers/application/application.jar" ]; then echo "slipway: $jar has an application.jar of its own" >&2; return 1; fi;' +
    ' mkdir -p "$work/app/META-INF" && printf "Manifest-Version: 1.0\\nMain-Class: %s\\nClass-Path: ./\\n" "$main" | refold > "$work/app/META-INF/MANIFEST.MF" && bundle; }',
];
