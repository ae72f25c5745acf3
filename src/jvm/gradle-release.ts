import type { SourceTree } from '../core/source-tree.js';
import { parseProperties } from '../formats/properties.js';

/** The release of Gradle that the wrapper fetches: `8.5`. Undefined where there is no wrapper, or its address does not tell. */
export function readWrapperRelease(tree: SourceTree): string | undefined {
  const text = (tree.read('gradle/wrapper/gradle-wrapper.properties') ?? '').slice(0, 100_000);
  const address = parseProperties(text).findLast(({ key }) => key === 'distributionUrl')?.value ?? '';
  return /\bgradle-(\d{1,3}\.\d{1,3})(?:\.\d{1,3})?(?:-[\w-]{1,30})?\.zip$/.exec(address.slice(-200))?.[1];
}

/** Release of Gradle, and the newest Java it runs on from then on (https://docs.gradle.org/current/userguide/compatibility.html). */
const newest: readonly (readonly [number, number, number])[] = [
  [9, 1, 25],
  [8, 14, 24],
  [8, 10, 23],
  [8, 8, 22],
  [8, 5, 21],
  [8, 3, 20],
  [7, 6, 19],
  [7, 5, 18],
  [7, 3, 17],
  [7, 0, 16],
  [6, 7, 15],
  [6, 3, 14],
  [6, 0, 13],
  [5, 4, 12],
  [5, 0, 11],
  [4, 7, 10],
  [4, 3, 9],
];

/** The oldest Java that a release of Gradle runs on. */
export function oldestJava(release: string): number {
  return Number.parseInt(release, 10) >= 9 ? 17 : Number.parseInt(release, 10) >= 5 ? 8 : 7;
}

/** The newest Java that a release of Gradle runs on. */
export function newestJava(release: string): number {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  return newest.find(([from, since]) => major > from || (major === from && minor >= since))?.[2] ?? 8;
}
