import type { JarChoice, JarFile } from '../core/jar-file.js';
import { type Evidence, type Fact, fact } from '../core/project.js';
import { parseManifest } from '../formats/manifest.js';
import { parseProperties } from '../formats/properties.js';
import type { Candidate } from './candidate.js';

const maxClasses = 400;
const maxTexts = 20;

/** Where the application's own classes are in Spring Boot's archives; `''` for a plain jar. */
export function classesRoot(entries: readonly string[]): string {
  const roots = ['BOOT-INF/classes/', 'WEB-INF/classes/'];
  return roots.find((root) => entries.some((entry) => entry.startsWith(root))) ?? '';
}

/**
 * What detection needs of a jar: its own configuration and coordinates, and its own classes: never a loader's, a
 * library's or those for another Java release. In a plain jar, in which libraries may be shaded, that is the main class.
 */
export const chooseOfJar: JarChoice = (text, entries) => {
  const manifest = parseManifest(text);
  const root = classesRoot(entries);
  const isWanted = (entry: string): boolean =>
    /^META-INF\/maven\/[^/]+\/[^/]+\/pom\.properties$/.test(entry) ||
    (entry.startsWith(root) &&
      /^(?:config\/)?application(?:-[\w.-]{1,100})?\.(?:properties|ya?ml)$/.test(entry.slice(root.length)));
  return { manifest, texts: entries.filter(isWanted).slice(0, maxTexts), classes: ownClasses(manifest, entries, root) };
};

function ownClasses(manifest: JarFile['manifest'], entries: readonly string[], root: string): readonly string[] {
  const main = (manifest['Start-Class'] ?? manifest['Main-Class'] ?? '').replaceAll('.', '/');
  const first = `${root}${main}.class`;
  if (root === '') return entries.filter((entry) => entry === first);
  const others = entries.filter(
    (entry) =>
      entry.startsWith(root) && entry.endsWith('.class') && !entry.startsWith(`${root}META-INF/`) && entry !== first,
  );
  return [...entries.filter((entry) => entry === first), ...others].slice(0, maxClasses);
}

/** Whether Spring Boot made the archive: its launcher starts a class of the application. */
export function isBootArchive({ manifest }: JarFile): boolean {
  return manifest['Start-Class'] !== undefined && isLauncher(manifest['Main-Class']);
}

function isLauncher(main: string | undefined): boolean {
  return /^org\.springframework\.boot\.loader\.(?:launch\.)?\w{1,80}Launcher$/.test(main ?? '');
}

/** How evidence names an entry. */
export function entryOf({ path }: JarFile, entry: string): string {
  return `${path}!/${entry}`;
}

/**
 * The Java version that the newest of the jar's own classes needs: class files of version 45 + n need Java 1 + n
 * (https://docs.oracle.com/javase/specs/jvms/se25/html/jvms-4.html#jvms-4.1-200-B.2). Empty where there is no such class.
 */
export function javaOfClasses(jar: JarFile): readonly Candidate[] {
  const versions = Object.entries(jar.classVersions);
  const newest = Math.max(0, ...versions.map(([, version]) => version));
  const entry = versions.find(([, version]) => version === newest)?.[0];
  if (entry === undefined || newest < 45) return [];
  const java = Math.max(5, newest - 44);
  const from: Evidence = { file: entryOf(jar, entry), because: `class-file version ${newest} needs Java ${java}` };
  const builtBy = jar.manifest['Build-Jdk-Spec'] ?? jar.manifest['Build-Jdk'];
  const built: Candidate[] = builtBy === undefined ? [] : [{ value: builtBy, from: [buildJdk(jar, builtBy)] }];
  return [{ value: String(java), from: [from] }, ...built];
}

function buildJdk(jar: JarFile, value: string): Evidence {
  return { file: entryOf(jar, 'META-INF/MANIFEST.MF'), because: `was built by JDK ${value.slice(0, 40)}` };
}

/** A fact that an attribute of the manifest states. */
export function manifestFact(jar: JarFile, attribute: string): Fact | undefined {
  const value = jar.manifest[attribute];
  if (value === undefined) return undefined;
  return fact(value, { file: entryOf(jar, 'META-INF/MANIFEST.MF'), because: `${attribute} is ${value.slice(0, 100)}` });
}

/** The fact that a jar stands for the project. */
export function jarFact(jar: JarFile): Fact {
  return fact(jar.path, { file: jar.path, because: 'is already built: there are no sources to build from' });
}

/** What the jar is called: the artifact of its one `pom.properties`, else its file's name without a version. */
export function nameOfJar(jar: JarFile): string {
  const coordinates = Object.entries(jar.texts).filter(([entry]) => entry.endsWith('/pom.properties'));
  const [only] = coordinates;
  const artifact =
    only && coordinates.length === 1
      ? parseProperties(only[1]).find(({ key }) => key === 'artifactId')?.value
      : undefined;
  const stem = jar.path.slice(jar.path.lastIndexOf('/') + 1).replace(/\.[jw]ar$/i, '');
  return artifact ?? stem.replace(/-v?\d[\w.+-]{0,60}$/, '');
}
