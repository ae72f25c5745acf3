/** What was read of a jar or war that is already built: small parts of it, within bounds. */
export interface JarFile {
  /** Path in the project, with `/`. */
  readonly path: string;
  /** Main attributes of `META-INF/MANIFEST.MF` by name; empty where there is none. */
  readonly manifest: Readonly<Record<string, string>>;
  /** Names of all entries that are files, in the order of the archive. */
  readonly entries: readonly string[];
  /** Text of the entries that were asked for. */
  readonly texts: Readonly<Record<string, string>>;
  /** Major class-file version of the entries that were asked for: 61 is Java 17. */
  readonly classVersions: Readonly<Record<string, number>>;
}

/** What a reader of jars is to read: told by the text of the manifest (`''` where there is none) and the names of the entries. */
export type JarChoice = (
  manifest: string,
  entries: readonly string[],
) => {
  readonly manifest: JarFile['manifest'];
  readonly texts: readonly string[];
  readonly classes: readonly string[];
};
