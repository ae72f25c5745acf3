import type { Evidence } from '../core/project.js';
import type { Candidate } from './candidate.js';
import type { Catalog } from './gradle-catalog.js';
import type { Script } from './gradle-script.js';

const bootPlugin = 'org.springframework.boot';

/** Where Spring Boot's plugin stands in scripts. */
export interface BootPlugin {
  readonly from: Evidence;
  /** False where only its version is declared (`apply false`, a settings file, a build script's class path). */
  readonly applied: boolean;
  readonly versions: readonly PluginVersion[];
}

interface PluginVersion {
  /** The version as the script has it. */
  readonly expression: string;
  readonly from: Evidence;
  /** From a catalog. */
  readonly known?: Candidate;
}

interface Mention {
  readonly from: Evidence;
  readonly applied: boolean;
  readonly version?: PluginVersion;
}

const maxMatches = 200;

/** Undefined where no script names the plugin. */
export function findBootPlugin(scripts: readonly Script[], catalog: Catalog): BootPlugin | undefined {
  const mentions = scripts.flatMap((script) => [
    ...idMentions(script),
    ...aliasMentions(script, catalog),
    ...applyMentions(script),
    ...classpathMentions(script),
  ]);
  const first = mentions.find(({ applied }) => applied) ?? mentions[0];
  if (!first) return undefined;
  return { from: first.from, applied: first.applied, versions: mentions.flatMap(({ version }) => version ?? []) };
}

/** `id 'x' version 'y' apply false`, `id("x") version "y"`. */
function idMentions(script: Script): readonly Mention[] {
  const pattern =
    /\bid\s{0,3}\(?\s{0,3}["']org\.springframework\.boot["']\s{0,3}\)?(?:\s{0,9}\.?version\s{0,3}\(?\s{0,3}("[^"\n]{1,200}"|'[^'\n]{1,200}'|[\w.]{1,200}(?:\([^()\n]{0,100}\))?)\)?)?(\s{1,9}apply[\s(]\s{0,3}false)?/g;
  return matchesOf(script, pattern).map((match) => {
    const from = evidence(script, match.index);
    const version = match[1] === undefined ? undefined : { expression: match[1], from };
    const inSettings = /^settings\.gradle/.test(script.file);
    return { from, applied: match[2] === undefined && !inSettings, ...(version && { version }) };
  });
}

/** `alias(libs.plugins.spring.boot)`. */
function aliasMentions(script: Script, catalog: Catalog): readonly Mention[] {
  const pattern = /\balias\s{0,3}\(\s{0,3}libs\.plugins\.([\w.]{1,200})\s{0,3}\)(\s{1,9}apply[\s(]\s{0,3}false)?/g;
  return matchesOf(script, pattern).flatMap((match) => {
    const plugin = catalog.plugins.get((match[1] ?? '').replace(/\.asProvider$/, ''));
    if (plugin?.id !== bootPlugin) return [];
    const from = evidence(script, match.index);
    const version = plugin.version && { expression: '', from, known: plugin.version };
    return [{ from, applied: match[2] === undefined, ...(version && { version }) }];
  });
}

/** `apply plugin: 'x'`, `apply(plugin = "x")`, `plugins.apply("x")`. */
function applyMentions(script: Script): readonly Mention[] {
  const pattern = /\bapply\s{0,3}\(?\s{0,3}(?:plugin\s{0,3}[:=]\s{0,3})?["']org\.springframework\.boot["']/g;
  return matchesOf(script, pattern).map((match) => ({ from: evidence(script, match.index), applied: true }));
}

/** The plugin's library: of a build script's class path, or of the build that holds convention plugins. */
function classpathMentions(script: Script): readonly Mention[] {
  const pattern = /["']org\.springframework\.boot:spring-boot-gradle-plugin:([^"'\n]{1,200})["']/g;
  return matchesOf(script, pattern).map((match) => {
    const from = evidence(script, match.index);
    return { from, applied: false, version: { expression: `"${match[1] ?? ''}"`, from } };
  });
}

/** The ids of the plugins that a script applies in its plugins block. */
export function pluginIdsIn(script: Script): readonly string[] {
  const ids = matchesOf(script, /\bid\s{0,3}\(?\s{0,3}["']([^"'\n]{1,100})["']/g).map((match) => match[1] ?? '');
  const quoted = matchesOf(script, /^\s{0,20}`([\w.-]{1,100})`/gm).map((match) => match[1] ?? '');
  return [...ids, ...quoted].slice(0, 30);
}

function matchesOf(script: Script, pattern: RegExp): readonly RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  for (const match of script.text.matchAll(pattern)) {
    if (found.push(match) >= maxMatches) break;
  }
  return found;
}

function evidence(script: Script, offset: number): Evidence {
  return { file: script.file, line: script.lineAt(offset), because: `plugin ${bootPlugin}` };
}
