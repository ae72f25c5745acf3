import type { Candidate } from './candidate.js';
import type { Script } from './gradle-script.js';
import { evaluate, type Scope } from './gradle-value.js';
import { parseJavaVersion } from './java-version.js';

/** An expression: a quoted text, or names with at most three levels of calls. */
const call = String.raw`\((?:[^()\n]|\((?:[^()\n]|\([^()\n]{0,100}\)){0,100}\)){0,200}\)`;
const expression = String.raw`("[^"\n]{0,200}"|'[^'\n]{0,200}'|[\w.]{1,100}(?:${call})?(?:\.\w{1,30}\(\)){0,3})`;
const assigned = String.raw`\s{0,9}(?:=\s{0,60}|\.set\(\s{0,60}|\s)${expression}`;

/** Java's own by its type, which stands on the line of the value, or by the block that it stands in: Kotlin has a `languageVersion` too. */
const isTyped = String.raw`(?=\s{0,9}(?:=|\.set\(|\s)\s{0,60}[^\n]{0,100}JavaLanguageVersion)`;
const isInToolchain = String.raw`(?<=\btoolchain\s{0,9}\{[^{}]{0,200}languageVersion)`;

interface Rule {
  readonly title: string;
  readonly pattern: RegExp;
  /** True where the name has other meanings too: it counts only when its value is a Java version. */
  readonly vague?: boolean;
}

/** What states a Java version in a Gradle script, what decides first. Kotlin's own `languageVersion` is none. */
const rules: readonly Rule[] = [
  {
    title: 'languageVersion',
    pattern: new RegExp(`\\blanguageVersion(?:${isTyped}|${isInToolchain})${assigned}`, 'g'),
  },
  { title: 'jvmToolchain', pattern: new RegExp(`\\bjvmToolchain\\s?\\(\\s{0,9}${expression}`, 'g') },
  { title: 'options.release', pattern: new RegExp(`\\boptions\\.release${assigned}`, 'g') },
  { title: 'release', pattern: new RegExp(`(?<!options\\.)\\brelease(?=\\s{0,9}[=.])${assigned}`, 'g'), vague: true },
  { title: 'targetCompatibility', pattern: new RegExp(`\\btargetCompatibility${assigned}`, 'g') },
  { title: 'sourceCompatibility', pattern: new RegExp(`\\bsourceCompatibility${assigned}`, 'g') },
  { title: 'jvmTarget', pattern: new RegExp(`\\bjvmTarget${assigned}`, 'g'), vague: true },
];

const maxMatches = 20;

/**
 * Java versions that the scripts of a module state: by rule first (a toolchain compiles whatever the levels are), then
 * nearest script first. A statement whose value is not plain counts with its text, so that it is shown.
 */
export function findGradleJava(scripts: readonly Script[], scope: Scope): readonly Candidate[] {
  return rules.flatMap((rule) => scripts.flatMap((script) => statementsIn(script, rule, scope)));
}

function statementsIn(script: Script, { title, pattern, vague }: Rule, scope: Scope): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const match of script.text.matchAll(pattern)) {
    if (found.length >= maxMatches) break;
    const raw = match[1] ?? '';
    const value = evaluate(raw, scope);
    if (vague && (!value || parseJavaVersion(value.value) === undefined)) continue;
    const from = { file: script.file, line: script.lineAt(match.index), because: `${title} is ${value?.value ?? raw}` };
    found.push({ value: value?.value ?? raw, from: [from, ...(value?.from ?? [])] });
  }
  return found;
}
