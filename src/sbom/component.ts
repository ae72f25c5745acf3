/** The package ecosystems that are read; each is the type of its package URLs (https://github.com/package-url/purl-spec). */
export type Ecosystem = 'npm' | 'maven' | 'golang' | 'deb' | 'apk';

/** A package that was found in an image. */
export interface Component {
  readonly ecosystem: Ecosystem;
  /** Group of Maven, scope of npm (with `@`), directory of a Go module, distribution of deb and apk. */
  readonly namespace?: string;
  readonly name: string;
  /** Undefined where the file does not tell: a Go module built outside a release. */
  readonly version?: string;
  /** As the package says it: an SPDX identifier or expression where it is one. */
  readonly licence?: string;
  /** Qualifiers of the package URL, e.g. `arch`. */
  readonly qualifiers?: Readonly<Record<string, string>>;
  /** Where it was found; a part of an archive stands behind `!/`. */
  readonly path: string;
  /** No package URL is known: the group of a jar that does not tell its own. */
  readonly unnamed?: true;
}

/** A file that holds packages and could not be read: it is listed as such, so that nobody takes the list for whole. */
export interface Unreadable {
  readonly path: string;
  /** Ends the sentence "not read: …". */
  readonly because: string;
}

/** What one file gave. */
export interface Reading {
  readonly components: readonly Component[];
  readonly unreadable: readonly Unreadable[];
}

export const nothing: Reading = { components: [], unreadable: [] };

/** One name or version: what is longer, or has control characters in it, is no name that a package manager would take. */
export function isPlainName(text: unknown): text is string {
  return typeof text === 'string' && text.length > 0 && text.length <= 300 && !/[\p{Cc}\s]/u.test(text);
}
