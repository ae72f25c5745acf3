/** A version as the go command orders them (https://go.dev/ref/mod#go-mod-file-go): `1.22` < `1.22rc1` < `1.22.0`. */
interface GoVersion {
  readonly minor: number;
  /** -2: the language version alone; -1: a release candidate or beta. */
  readonly patch: number;
}

/** Of `1.26`, `1.26.1`, `go1.26rc1`, `v1.26`, `1.26.1-custom`; undefined for `latest`, `default`, `local`. */
export function readGoVersion(text: string): GoVersion | undefined {
  const [, minor, patch, candidate] =
    /^(?:go|v)?1\.(\d{1,3})(?:\.(\d{1,3}))?((?:rc|beta)\d+)?(?:[-+]\S*)?$/.exec(text) ?? [];
  if (minor === undefined) return undefined;
  return { minor: Number(minor), patch: patch === undefined ? (candidate === undefined ? -2 : -1) : Number(patch) };
}

/** Negative where `a` is the older one. */
export function compareGoVersions(a: GoVersion, b: GoVersion): number {
  return a.minor - b.minor || a.patch - b.patch;
}
