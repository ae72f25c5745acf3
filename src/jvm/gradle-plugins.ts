import type { Evidence } from '../core/project.js';
import type { Candidate } from './candidate.js';
import type { Catalog } from './gradle-catalog.js';
import type { Script } from './gradle-script.js';
import { blocksNamed } from './gradle-text.js';

/** Where a plugin stands in scripts. */
export interface PluginUse {
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

const maxMatches = 300;

/** How a plugin is asked for: by its id, and as a library of a build script's class path where it has one. */
export interface PluginName {
  /** `org.springframework.boot`, or a core plugin's: `application`. */
  readonly id: string;
  /** `group:artifact`. */
  readonly library?: string;
}

/** Undefined where no script names the plugin. */
export function findPluginUse(scripts: readonly Script[], catalog: Catalog, plugin: PluginName): PluginUse | undefined {
  const mentions = scripts.flatMap((script) => [
    ...idMentions(script, plugin),
    ...aliasMentions(script, catalog, plugin),
    ...applyMentions(script, plugin),
    ...bareMentions(script, plugin),
    ...classpathMentions(script, catalog, plugin),
  ]);
  const first = mentions.find(({ applied }) => applied) ?? mentions[0];
  if (!first) return undefined;
  return { from: first.from, applied: first.applied, versions: mentions.flatMap(({ version }) => version ?? []) };
}

/** `id 'x' version 'y' apply false`, `id("x") version "y"`. */
function idMentions(script: Script, { id }: PluginName): readonly Mention[] {
  const pattern =
    /\bid\s{0,3}\(?\s{0,3}["']([\w.-]{1,100})["']\s{0,3}\)?(?:\s{0,9}\.?version\s{0,3}\(?\s{0,3}("[^"\n]{1,200}"|'[^'\n]{1,200}'|[\w.]{1,200}(?:\([^()\n]{0,100}\))?)\)?)?(\s{1,9}apply[\s(]\s{0,3}false)?/g;
  return matchesOf(script, pattern).flatMap((match) => {
    if (match[1] !== id) return [];
    const from = evidence(script, match.index, id);
    const version = match[2] === undefined ? undefined : { expression: match[2], from };
    const inSettings = /^settings\.gradle/.test(script.file);
    return [{ from, applied: match[3] === undefined && !inSettings, ...(version && { version }) }];
  });
}

/** `alias(libs.plugins.spring.boot)`. */
function aliasMentions(script: Script, catalog: Catalog, { id }: PluginName): readonly Mention[] {
  return matchesOf(script, alias).flatMap((match) => {
    const plugin = pluginOfAlias(catalog, match);
    if (plugin?.id !== id) return [];
    const from = evidence(script, match.index, id);
    const version = plugin.version && { expression: '', from, known: plugin.version };
    return [{ from, applied: match[3] === undefined, ...(version && { version }) }];
  });
}

/** The catalog's name, the accessor in it, and whether it is only declared. */
const alias = /\balias\s{0,3}\(\s{0,3}(\w{1,60})\.plugins\.([\w.]{1,200})\s{0,3}\)(\s{1,9}apply[\s(]\s{0,3}false)?/g;

function pluginOfAlias(catalog: Catalog, [, name = '', accessor = '']: RegExpExecArray) {
  return catalog.plugins.get(`${name}.${accessor.replace(/\.asProvider$/, '')}`);
}

/** `apply plugin: 'x'`, `apply(plugin = "x")`, `plugins.apply("x")`. */
function applyMentions(script: Script, { id }: PluginName): readonly Mention[] {
  const pattern = /\bapply\s{0,3}\(?\s{0,3}(?:plugin\s{0,3}[:=]\s{0,3})?["']([\w.-]{1,100})["']/g;
  return matchesOf(script, pattern).flatMap((match) =>
    match[1] === id ? [{ from: evidence(script, match.index, id), applied: true }] : [],
  );
}

/** A core plugin, or one in backticks, alone on a line of a Kotlin `plugins` block: `application`. */
function bareMentions(script: Script, { id }: PluginName): readonly Mention[] {
  return blocksNamed(script.text, 'plugins').flatMap(({ text, start }) =>
    [...text.matchAll(/(?:^|[;{\n])[ \t]{0,80}(?:`([\w.-]{1,100})`|([\w-]{1,60}))[ \t]{0,80}(?=[;\n]|$)/g)]
      .slice(0, maxMatches)
      .filter((match) => (match[1] ?? match[2]) === id)
      .map((match) => ({ from: evidence(script, start + endOfLead(match), id), applied: true })),
  );
}

/** The offset of the name itself, behind the line end and the spaces that a match begins with. */
function endOfLead(match: RegExpExecArray): number {
  return match.index + match[0].search(/[`\w]/);
}

/** The plugin's library: of a build script's class path, or of the build that holds convention plugins. */
function classpathMentions(script: Script, catalog: Catalog, { id, library }: PluginName): readonly Mention[] {
  if (library === undefined) return [];
  const written = matchesOf(script, /["']([\w.-]{1,100}:[\w.-]{1,100}):([^"'\n]{1,200})["']/g).flatMap((match) => {
    if (match[1] !== library) return [];
    const from = evidence(script, match.index, id);
    return [{ from, applied: false, version: { expression: `"${match[2] ?? ''}"`, from } }];
  });
  const listed = matchesOf(
    script,
    /[\s(](?!\w{1,60}\.(?:plugins|versions)\.)([A-Za-z]\w{0,60}\.[\w.]{1,200})/g,
  ).flatMap((match) => {
    const known = catalog.libraries.get(match[1] ?? '');
    if (known?.id !== library || !known.version) return [];
    const from = evidence(script, match.index + 1, id);
    return [{ from, applied: false, version: { expression: '', from, known: known.version } }];
  });
  return [...written, ...listed];
}

/** The ids of the plugins that a script applies: by id, in backticks, by an alias of the catalog, or the old way. */
export function pluginIdsIn(script: Script, catalog: Catalog): readonly string[] {
  const patterns = [
    /\bid\s{0,3}\(?\s{0,3}["']([^"'\n]{1,100})["']/g,
    /^\s{0,20}`([\w.-]{1,100})`/gm,
    /\bapply\s{0,3}\(?\s{0,3}plugin\s{0,3}[:=]\s{0,3}["']([\w.-]{1,100})["']/g,
  ];
  const named = patterns.flatMap((pattern) => matchesOf(script, pattern).map((match) => match[1] ?? ''));
  const aliases = matchesOf(script, alias).flatMap((match) => pluginOfAlias(catalog, match)?.id ?? []);
  return [...named, ...aliases].slice(0, 30);
}

function matchesOf(script: Script, pattern: RegExp): readonly RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  for (const match of script.text.matchAll(pattern)) {
    if (found.push(match) >= maxMatches) break;
  }
  return found;
}

function evidence(script: Script, offset: number, id: string): Evidence {
  return { file: script.file, line: script.lineAt(offset), because: `plugin ${id}` };
}
