import type { Candidate } from './candidate.js';
import type { Script } from './gradle-script.js';

/** What a module's scripts ask of the JVM beside its version: the vendor of the toolchain, and preview features. */
export function findGradleJvm(scripts: readonly Script[]): {
  readonly vendor?: Candidate;
  readonly options?: Candidate;
} {
  const vendor = firstMatch(
    scripts,
    /\bvendor\s{0,3}(?:=|\.set\s?\()\s{0,9}JvmVendorSpec\.(?:matching\s?\(\s?["']([^"'\n]{1,60})["']|([A-Z_]{1,40}))/,
  );
  const options = firstMatch(scripts, /["'](--enable-preview)["']/);
  return { ...(vendor && { vendor }), ...(options && { options }) };
}

function firstMatch(scripts: readonly Script[], pattern: RegExp): Candidate | undefined {
  for (const { file, text, lineAt } of scripts) {
    const match = pattern.exec(text);
    const value = match?.[1] ?? match?.[2];
    if (match && value !== undefined) {
      return { value, from: [{ file, line: lineAt(match.index), because: `${value} is asked for` }] };
    }
  }
  return undefined;
}
