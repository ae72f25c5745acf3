import type { SourceTree } from '../core/source-tree.js';
import { parseProperties } from '../formats/properties.js';
import type { Candidate } from './candidate.js';
import type { Catalog } from './gradle-catalog.js';
import type { Script } from './gradle-script.js';

/** Where a script's names get their values. */
export interface Scope {
  /** The scripts that may set a name, nearest first. */
  readonly scripts: readonly Script[];
  readonly properties: ReadonlyMap<string, Candidate>;
  readonly catalog: Catalog;
  /** What was looked up already: each name is searched for once, and a cycle ends. */
  readonly known: Map<string, Candidate | undefined>;
}

/** More names than any build's versions hang on. */
const maxNames = 100;

/** `gradle.properties`, the nearest directory's first. */
export function readGradleProperties(tree: SourceTree, directories: readonly string[]): ReadonlyMap<string, Candidate> {
  const found = new Map<string, Candidate>();
  for (const directory of directories) {
    const file = directory === '' ? 'gradle.properties' : `${directory}/gradle.properties`;
    for (const { key, value, line } of parseProperties((tree.read(file) ?? '').slice(0, 100_000))) {
      found.set(key, { value: value.trim(), from: [{ file, line, because: `${key} is ${value.trim()}` }] });
    }
  }
  return found;
}

const maxSteps = 8;

/**
 * The value of an expression that stands plainly in the scripts: a literal, a text with names in it, a name, a catalog
 * accessor, or one of these inside a conversion such as `JavaLanguageVersion.of(…)`. Undefined for anything else.
 */
export function evaluate(expression: string, scope: Scope, step = 0): Candidate | undefined {
  const text = expression.trim();
  if (step > maxSteps || text.length > 300) return undefined;
  const literal = /^(?:"([^"$]*)"|'([^']*)'|(\d[\d._]*))(?:\s*\.\s*\w+\(\))*$/.exec(text);
  if (literal) return { value: literal[1] ?? literal[2] ?? literal[3] ?? '', from: [] };
  const constant = /(?:^|\.)(?:VERSION|JVM)_(1_)?(\d+)$/.exec(text);
  if (constant) return { value: constant[2] ?? '', from: [] };
  return (
    evaluateTemplate(text, scope, step) ??
    evaluateCatalog(text, scope) ??
    evaluateCall(text, scope, step) ??
    evaluateName(text, scope, step)
  );
}

/** `"$version"`, `"${versions.boot}.RELEASE"`. */
function evaluateTemplate(text: string, scope: Scope, step: number): Candidate | undefined {
  const inner = /^"([^"]*)"$/.exec(text)?.[1];
  if (inner === undefined) return undefined;
  const from: Candidate['from'][number][] = [];
  let unresolved = false;
  const value = inner.replace(/\$\{([^{}]{1,200})\}|\$(\w{1,100})/g, (_whole, braced?: string, bare?: string) => {
    const found = evaluate(braced ?? bare ?? '', scope, step + 1);
    if (found) from.push(...found.from);
    else unresolved = true;
    return found?.value ?? '';
  });
  return unresolved || value.length > 300 ? undefined : { value, from };
}

function evaluateCatalog(text: string, { catalog }: Scope): Candidate | undefined {
  const match = /^(\w{1,60})\.versions\.([\w.]+?)(?:\.(?:get|toInteger|toInt|asProvider)\(\)|\.map)*$/.exec(text);
  return match ? catalog.versions.get(`${match[1] ?? ''}.${match[2] ?? ''}`) : undefined;
}

/** A conversion keeps its argument's value; a property is asked for by name. */
function evaluateCall(text: string, scope: Scope, step: number): Candidate | undefined {
  const name = /^([\w.]{1,100})\s?\(/.exec(text)?.[1];
  if (name === undefined) return undefined;
  const open = text.indexOf('(') + 1;
  const close = closingParenthesis(text, open);
  if (close < 0 || !/^(?:\s*(?:as\s+\w+\??|\.\w+\(\)|!!))*$/.test(text.slice(close + 1))) return undefined;
  const argument = text.slice(open, close);
  const method = name.slice(name.lastIndexOf('.') + 1);
  if (/^(?:property|findProperty|gradleProperty|getProperty|get)$/.test(method)) {
    const key = /^\s*(?:"([^"$]+)"|'([^']+)')\s*$/.exec(argument);
    return key ? lookUp(key[1] ?? key[2] ?? '', scope, step) : undefined;
  }
  const isConversion = /^(?:of|toVersion|parseInt|valueOf|fromTarget|toInteger)$/.test(method);
  return isConversion ? evaluate(argument, scope, step + 1) : undefined;
}

function closingParenthesis(text: string, start: number): number {
  let depth = 1;
  for (let index = start; index < text.length; index++) {
    if (text[index] === '(') depth++;
    else if (text[index] === ')' && --depth === 0) return index;
  }
  return -1;
}

/** A bare name, whatever stands before its last dot (`rootProject.ext.`, `versions.`); conversions behind it are dropped. */
function evaluateName(text: string, scope: Scope, step: number): Candidate | undefined {
  const name = /^\(?([A-Za-z_][\w.]*?)(?:\s+as\s+\w+\??)?\)?(?:\.(?:toInteger|toInt|toString|get)\(\))*$/.exec(
    text,
  )?.[1];
  return name === undefined ? undefined : lookUp(name.slice(name.lastIndexOf('.') + 1), scope, step);
}

function lookUp(name: string, scope: Scope, step: number): Candidate | undefined {
  if (scope.known.has(name)) return scope.known.get(name);
  if (!/^[\w.-]{1,100}$/.test(name) || scope.known.size >= maxNames) return undefined;
  scope.known.set(name, undefined);
  const found = search(name, scope, step);
  scope.known.set(name, found);
  return found;
}

function search(name: string, scope: Scope, step: number): Candidate | undefined {
  for (const script of scope.scripts) {
    const found = findAssignment(script, name, scope, step);
    if (found) return found;
  }
  return scope.properties.get(name);
}

/** `name = value`, `name: value`, `set('name', value)`, `extra["name"] = value`, `val name by extra(value)`. */
function findAssignment(script: Script, name: string, scope: Scope, step: number): Candidate | undefined {
  const escaped = name.replace(/[.-]/g, '\\$&');
  const between = `(?:["']\\s?\\]?\\s?)?(?:\\s?:\\s?\\w+\\s?)?\\s{0,20}(?:=(?!=)|by\\s+extra\\(|,|:)\\s{0,20}`;
  const pattern = new RegExp(
    `(?<![\\w-])${escaped}${between}("[^"\\n]{0,200}"|'[^'\\n]{0,200}'|[\\w.]{1,200}(?:\\([^()\\n]{0,200}\\))?)`,
    'g',
  );
  let tries = 0;
  for (const match of script.text.matchAll(pattern)) {
    if (tries++ > 20) return undefined;
    const expression = match[1] ?? '';
    if (expression === name || expression.endsWith(`.${name}`)) continue;
    const found = evaluate(expression, scope, step + 1);
    if (!found) continue;
    const place = { file: script.file, line: script.lineAt(match.index), because: `${name} is ${found.value}` };
    return { value: found.value, from: [place, ...found.from] };
  }
  return undefined;
}
