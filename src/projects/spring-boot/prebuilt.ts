import { Failure } from '../../core/failure.js';
import type { JarFile } from '../../core/jar-file.js';
import { type Detection, type Evidence, type Fact, fact, type Hints } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { type ApplicationConfig, readApplicationConfig } from '../../jvm/application-config.js';
import { hintedOr, withoutGaps } from '../../jvm/build-facts.js';
import type { Dependency } from '../../jvm/candidate.js';
import { classesRoot, entryOf, jarFact, javaOfClasses, manifestFact, nameOfJar } from '../../jvm/jar-contents.js';
import { chooseJava, type JavaMinimum } from '../../jvm/java-version.js';
import { findHealth, findPort } from './port-health.js';

/**
 * The facts of an archive that is already built. Throws `detect.unsupported` for a signed one: taking it apart would
 * leave its signature behind in silence.
 */
export function detectBootArchive(
  jar: JarFile,
  hints: Hints,
  minimum: (boot: string | undefined) => JavaMinimum,
): Detection {
  refuseSigned(jar);
  const root = classesRoot(jar.entries);
  const config = configOf(jar, root);
  const dependencies = librariesOf(jar);
  const boot = manifestFact(jar, 'Spring-Boot-Version');
  const release = hintedOr(hints, 'spring-boot.release', boot);
  const port = hintedOr(hints, 'port', opensPort(dependencies) ? findPort(config, dependencies) : undefined);
  const version = typeof release?.value === 'string' ? release.value : undefined;
  const facts = {
    'java.version': hintedOr(hints, 'java.version', chooseJava(javaOfClasses(jar), [], minimum(version))),
    'java.jar': jarFact(jar),
    'java.cds': hintedOr(hints, 'java.cds', undefined),
    'spring-boot.version': release && majorOf(release),
    'spring-boot.release': release,
    port,
    health: hintedOr(hints, 'health', port && findHealth(config, dependencies)),
  };
  return { name: nameOfJar(jar), facts: withoutGaps(facts), claim: 'primary', because: startOf(jar) };
}

function majorOf(release: Fact): Fact {
  return fact(String(release.value).split('.')[0] ?? '', release.from);
}

function startOf(jar: JarFile): Evidence {
  const start = jar.manifest['Start-Class'] ?? '';
  return { file: entryOf(jar, 'META-INF/MANIFEST.MF'), because: `Start-Class is ${start.slice(0, 100)}` };
}

function refuseSigned(jar: JarFile): void {
  const signature = jar.entries.find((entry) => /^META-INF\/[^/]{1,100}\.SF$/i.test(entry));
  if (signature === undefined) return;
  throw new Failure('detect.unsupported', {
    message: 'The jar is signed, and an image in layers would not keep its signature',
    where: entryOf(jar, signature),
    remedy: 'Sign the image instead, and name the jar as it was before it was signed.',
  });
}

/** An archive holds every library that it needs: one without a web server's opens no port. */
function opensPort(dependencies: readonly Dependency[]): boolean {
  return dependencies.some(({ id }) =>
    /:(?:tomcat-embed-core|tomcat|jetty-server|undertow-core|reactor-netty-http)$/.test(id),
  );
}

/** Libraries by artifact; a jar's name does not tell the group. */
function librariesOf(jar: JarFile): readonly Dependency[] {
  return jar.entries
    .filter((entry) => /^(?:BOOT|WEB)-INF\/lib(?:-provided)?\/[^/]+\.jar$/.test(entry))
    .map((entry) => {
      const name = entry.slice(entry.lastIndexOf('/') + 1, -'.jar'.length);
      return {
        id: `:${name.replace(/-\d[\w.+-]{0,80}$/, '')}`,
        from: { file: entryOf(jar, entry), because: `holds ${name}` },
      };
    });
}

const resources = 'src/main/resources/';

/** The archive's configuration, read as a source tree's is; its evidence names the entries. */
function configOf(jar: JarFile, root: string): ApplicationConfig {
  const read = (path: string): string | undefined =>
    path.startsWith(resources) ? jar.texts[root + path.slice(resources.length)] : undefined;
  const tree: SourceTree = { name: '', read, has: (path) => read(path) !== undefined, list: () => [] };
  const found = [...readApplicationConfig(tree, '')];
  return new Map(
    found.map(([key, value]) => [key, { ...value, file: entryOf(jar, root + value.file.slice(resources.length)) }]),
  );
}
