import type { XmlElement } from '../formats/xml.js';
import type { Candidate } from './candidate.js';
import { configurationsOf, findPlugin } from './maven-java.js';
import { findUsedPlugin } from './maven-plugins.js';
import { activeProfilesOf } from './maven-profiles.js';
import { candidateOf, chainOf, type Pom, propertyAt } from './pom.js';
import { childOf, textAt } from './pom-element.js';

/** What a pom says of how it is to be built: the JDK that maven-enforcer-plugin asks for, and profiles that are active by default. */
export function findRequirements(pom: Pom): {
  readonly requiredJdk?: Candidate;
  readonly defaultProfiles?: Candidate;
  readonly options?: Candidate;
} {
  const requiredJdk = enforcedJdk(pom);
  const defaultProfiles = profilesByDefault(pom);
  const options = previewOption(pom);
  return {
    ...(options && { options }),
    ...(requiredJdk && { requiredJdk }),
    ...(defaultProfiles && { defaultProfiles }),
  };
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

/** Classes compiled with preview features run only on a JVM that is told so (JEP 12). */
function previewOption(pom: Pom): Candidate | undefined {
  const property = propertyAt(pom, 'maven.compiler.enablePreview');
  if (property?.value === 'true') return { value: '--enable-preview', from: property.from };
  for (const { file, plugin } of findPlugin(pom, 'maven-compiler-plugin')) {
    for (const configuration of configurationsOf(plugin)) {
      const element = previewIn(configuration);
      if (!element) continue;
      return {
        value: '--enable-preview',
        from: [{ file, line: element.line, because: 'preview features are compiled' }],
      };
    }
  }
  return undefined;
}

function previewIn(configuration: XmlElement): XmlElement | undefined {
  const flag = childOf(configuration, 'enablePreview');
  if (flag?.text.trim() === 'true') return flag;
  const single = childOf(configuration, 'compilerArgument');
  return [...(single ? [single] : []), ...(childOf(configuration, 'compilerArgs')?.children ?? [])].find((element) =>
    element.text.split(/\s/).includes('--enable-preview'),
  );
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
