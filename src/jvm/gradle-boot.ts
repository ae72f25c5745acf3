import type { Dependency } from './candidate.js';
import type { GradleModule } from './gradle-build.js';
import type { Catalog } from './gradle-catalog.js';
import { findGradleDependencies } from './gradle-dependencies.js';
import { findPluginUse, type PluginName } from './gradle-plugins.js';
import type { Script } from './gradle-script.js';
import { blocksNamed, callBlocksNamed } from './gradle-text.js';

/** Spring Boot's Gradle plugin. */
export const bootPlugin: PluginName = {
  id: 'org.springframework.boot',
  library: 'org.springframework.boot:spring-boot-gradle-plugin',
};

/** Its BOM, which says the release of what runs where the plugin's is not in the tree. */
export const bootBom: PluginName = {
  id: 'spring-boot-dependencies',
  library: 'org.springframework.boot:spring-boot-dependencies',
};

/** Whether a project names Spring Boot's plugin or a library of its. */
export function usesBoot({ scripts }: GradleModule, catalog: Catalog): boolean {
  const isBoots = ({ id }: Dependency): boolean => id.startsWith('org.springframework.boot:');
  const isApplied = findPluginUse(scripts, catalog, bootPlugin)?.applied === true;
  return isApplied || findGradleDependencies(scripts, catalog, () => []).some(isBoots);
}

/** Whether Spring Boot's plugin makes an executable jar of a Gradle project. */
export function isBootModule({ scripts, directory }: GradleModule, catalog: Catalog): boolean {
  const plugin = findPluginUse(scripts, catalog, bootPlugin);
  const own = scripts[0];
  if (!plugin?.applied || !own) return false;
  const disabled =
    /\bbootJar\b[^{}\n]{0,80}\{\s{0,20}enabled\s{0,9}(?:=\s{0,9}|\s)false|\bbootJar\.enabled\s{0,9}=\s{0,9}false/.test(
      own.text,
    );
  // A root that applies the plugin to all of its projects has no code of its own.
  const onlyShared = directory === '' && !findPluginUse([withoutSharedBlocks(own)], catalog, bootPlugin)?.applied;
  return !disabled && !onlyShared;
}

/** A script without what it says of the projects below its own. */
export function withoutSharedBlocks(script: Script): Script {
  let text = script.text;
  const blocks = [
    ...blocksNamed(text, 'subprojects'),
    ...callBlocksNamed(text, 'configure').filter(({ argument }) => /project/.test(argument)),
    ...callBlocksNamed(text, 'project'),
  ];
  for (const block of blocks) text = text.replace(block.text, '');
  return { ...script, text };
}
