import type { Hints } from '../core/project.js';
import type { SourceTree } from '../core/source-tree.js';
import type { XmlElement } from '../formats/xml.js';
import { childOf, childrenAt, textAt } from './pom-element.js';

const configFile = '.mvn/maven.config';

/** The profiles that Maven is asked for by name: those that a person set, else those of `.mvn/maven.config`. */
export function askedProfiles(tree: SourceTree, hints: Hints): readonly string[] {
  const hint = hints['java.profiles']?.value;
  if (Array.isArray(hint)) return hint;
  const words = (tree.read(configFile) ?? '').slice(0, 20_000).split(/\s/, 500);
  return words.flatMap((word, index) => {
    const list = word === '-P' || word === '--activate-profiles' ? words[index + 1] : /^-P(.{1,200})$/.exec(word)?.[1];
    return (list ?? '').split(',', 50).filter((name) => name !== '');
  });
}

/**
 * The profiles of a pom that are active, in its order: those asked for, those for a property that is (not) set; where none of these is,
 * those that are active by default (https://maven.apache.org/guides/introduction/introduction-to-profiles.html). One for a JDK, a
 * file or a system is not: it depends on where the build runs.
 */
export function activeProfilesOf(
  root: XmlElement,
  asked: readonly string[],
  properties: ReadonlyMap<string, unknown>,
): XmlElement[] {
  const profiles = childrenAt(root, 'profiles', 'profile').filter(
    (profile) => !asked.some((name) => /^[!-]/.test(name) && name.slice(1) === idOf(profile)),
  );
  const active = profiles.filter((profile) => isAsked(profile, asked) || isForProperty(profile, properties));
  if (active.length > 0) return active;
  return profiles.filter((profile) => textAt(profile, 'activation', 'activeByDefault') === 'true');
}

function idOf(profile: XmlElement): string {
  return textAt(profile, 'id') ?? 'default';
}

function isAsked(profile: XmlElement, asked: readonly string[]): boolean {
  return asked.some((name) => name.replace(/^[+?]{1,2}/, '') === idOf(profile));
}

/** `!skip` is for a property that is not set; a value that is compared, and other conditions beside, are not followed. */
function isForProperty(profile: XmlElement, properties: ReadonlyMap<string, unknown>): boolean {
  const activation = childOf(profile, 'activation');
  const name = textAt(activation, 'property', 'name');
  const others = activation?.children.filter((child) => !['property', 'activeByDefault'].includes(child.name)) ?? [];
  if (name === undefined || others.length > 0 || textAt(activation, 'property', 'value') !== undefined) return false;
  return name.startsWith('!') ? !properties.has(name.slice(1)) : properties.has(name);
}
