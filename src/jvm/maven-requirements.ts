import type { Candidate } from './candidate.js';
import { configurationsOf } from './maven-java.js';
import { findUsedPlugin } from './maven-plugins.js';
import { activeProfilesOf } from './maven-profiles.js';
import { candidateOf, chainOf, type Pom } from './pom.js';
import { childOf, textAt } from './pom-element.js';

/** What a pom says of how it is to be built: the JDK that maven-enforcer-plugin asks for, and profiles that are active by default. */
export function findRequirements(pom: Pom): {
  readonly requiredJdk?: Candidate;
  readonly defaultProfiles?: Candidate;
} {
  const requiredJdk = enforcedJdk(pom);
  const defaultProfiles = profilesByDefault(pom);
  return { ...(requiredJdk && { requiredJdk }), ...(defaultProfiles && { defaultProfiles }) };
}

/** https://maven.apache.org/enforcer/enforcer-rules/requireJavaVersion.html: a plain version is the least one. */
function enforcedJdk(pom: Pom): Candidate | undefined {
  const plugin = findUsedPlugin(pom, 'maven-enforcer-plugin');
  for (const { file, plugin: element } of plugin?.places ?? []) {
    for (const configuration of configurationsOf(element)) {
      const version = childOf(configuration, 'rules', 'requireJavaVersion', 'version');
      if (!version) continue;
      const { value, from } = candidateOf(pom, file, version);
      const because = `maven-enforcer-plugin wants a JDK of the version ${value.slice(0, 40)}`;
      return { value, from: from.map((place) => ({ ...place, because })) };
    }
  }
  return undefined;
}

function profilesByDefault(pom: Pom): Candidate | undefined {
  const active = chainOf(pom).flatMap(({ file, root, profiles, userProperties }) =>
    activeProfilesOf(root, profiles, userProperties)
      .filter((profile) => textAt(profile, 'activation', 'activeByDefault') === 'true')
      .map((profile) => ({ file, line: profile.line, id: textAt(profile, 'id') ?? '' })),
  );
  if (active.length === 0) return undefined;
  const from = active.map(({ file, line, id }) => ({
    file,
    line,
    because: `the Maven profile ${id.slice(0, 60)} is active by default; java.profiles sets others`,
  }));
  return { value: active.map(({ id }) => id).join(','), from };
}
