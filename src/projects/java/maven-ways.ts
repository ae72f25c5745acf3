import { packagingOf } from '../../jvm/maven-build.js';
import { dependenciesOf } from '../../jvm/maven-dependencies.js';
import { findUsedPlugin, outerParentOf, runsGoal, type UsedPlugin, valueIn } from '../../jvm/maven-plugins.js';
import { directoryOf, joinPath } from '../../jvm/paths.js';
import { interpolate, type Pom, propertyAt } from '../../jvm/pom.js';
import { textAt } from '../../jvm/pom-element.js';
import type { JavaModule, Obstacle, Way } from './way.js';

const mainNames = ['mainClass', 'Main-Class'];

/**
 * What a module of a Maven build can be run as: by the plugins that take part in its build. `givenMain` is the class that a
 * person set, for jars that name none.
 */
export function readMavenModule(pom: Pom, poms: readonly Pom[], givenMain: string | undefined): JavaModule {
  const directory = directoryOf(pom.file);
  const packaging = packagingOf(pom);
  if (packaging === 'pom') return { directory, ways: [] };
  if (packaging !== 'jar' && packaging !== 'quarkus') {
    return { directory, ways: [], obstacle: packagingObstacle(pom, packaging) };
  }
  const found = [
    quarkus(pom, packaging),
    shaded(pom, givenMain),
    assembled(pom, givenMain),
    appassembled(pom),
    plainJar(pom, poms),
  ];
  const ways = found.flatMap((way) => (way && 'distribution' in way ? way : []));
  const obstacle = found.find((way): way is Obstacle => way !== undefined && 'remedy' in way);
  return { directory, ways, ...(obstacle && { obstacle }) };
}

function packagingObstacle(pom: Pom, packaging: string): Obstacle {
  const isWar = packaging === 'war';
  return {
    message: isWar
      ? `${pom.file} makes a WAR, which needs an application server that is not part of it`
      : `${pom.file} has the packaging '${packaging.slice(0, 60)}', which is not a program`,
    where: pom.file,
    remedy: isWar
      ? 'Make it a program with a server of its own (an embedded one, and a runnable jar), or write its Dockerfile by hand on an image of the server.'
      : 'Set java.module to a module that makes a runnable jar, or give this one a plugin that does.',
  };
}

function quarkus(pom: Pom, packaging: string): Way | undefined {
  const plugin = findUsedPlugin(pom, 'quarkus-maven-plugin');
  if (!plugin && packaging !== 'quarkus') return undefined;
  const from = { file: plugin?.file ?? pom.file, ...(plugin && { line: plugin.line }) };
  return {
    distribution: 'quarkus-app',
    from: { ...from, because: 'quarkus-maven-plugin makes it runnable' },
    output: targetOf(pom),
  };
}

/**
 * A jar with all its libraries. Micronaut's parent configures the plugin, and Micronaut's own plugin makes its goal part of the build
 * (https://micronaut-projects.github.io/micronaut-maven-plugin/latest/).
 */
function shaded(pom: Pom, givenMain: string | undefined): Way | Obstacle | undefined {
  const isMicronaut =
    /^io\.micronaut(?:\.[\w.-]+)?:micronaut-parent$/.test(outerParentOf(pom) ?? '') &&
    findUsedPlugin(pom, 'micronaut-maven-plugin') !== undefined;
  const micronautMain = isMicronaut ? propertyAt(pom, 'exec.mainClass') : undefined;
  const plugin = findUsedPlugin(pom, 'maven-shade-plugin');
  if (!plugin) {
    const [from] = micronautMain?.from ?? [];
    if (!from) return undefined;
    return {
      distribution: 'jar',
      from: { ...from, because: `micronaut-parent shades a jar that starts ${micronautMain?.value ?? ''}` },
      output: targetOf(pom),
    };
  }
  if (!runsGoal(pom, plugin, ['shade'])) return unbound(plugin, 'maven-shade-plugin', 'shade');
  const main = valueIn(pom, plugin.places, mainNames) ?? mainOfJar(pom) ?? micronautMain?.value ?? givenMain;
  if (main === undefined) return withoutMain(plugin, 'maven-shade-plugin');
  const isAttached = valueIn(pom, plugin.places, ['shadedArtifactAttached']) === 'true';
  const classifier = isAttached ? (valueIn(pom, plugin.places, ['shadedClassifierName']) ?? 'shaded') : undefined;
  return jarBy(pom, plugin, `maven-shade-plugin makes a jar that starts ${main}`, classifier);
}

function assembled(pom: Pom, givenMain: string | undefined): Way | Obstacle | undefined {
  const plugin = findUsedPlugin(pom, 'maven-assembly-plugin');
  if (!plugin) return undefined;
  if (valueIn(pom, plugin.places, ['descriptorRef']) !== 'jar-with-dependencies') {
    return {
      message: `${plugin.file} makes a distribution by a descriptor of its own, which Slipway does not read`,
      where: `${plugin.file}:${plugin.line}`,
      remedy:
        'Make a runnable jar beside it (descriptorRef jar-with-dependencies, or maven-shade-plugin, with a mainClass).',
    };
  }
  if (!runsGoal(pom, plugin, ['single', 'attached'])) return unbound(plugin, 'maven-assembly-plugin', 'single');
  const main = valueIn(pom, plugin.places, mainNames) ?? givenMain;
  if (main === undefined) return withoutMain(plugin, 'maven-assembly-plugin');
  const hasSuffix = valueIn(pom, plugin.places, ['appendAssemblyId']) !== 'false';
  const because = `maven-assembly-plugin makes a jar that starts ${main}`;
  return jarBy(pom, plugin, because, hasSuffix ? 'jar-with-dependencies' : undefined);
}

/** `bin/` and `repo/`, one start script per program. */
function appassembled(pom: Pom): Way | Obstacle | undefined {
  const plugin = findUsedPlugin(pom, 'appassembler-maven-plugin');
  if (!plugin) return undefined;
  if (!runsGoal(pom, plugin, ['assemble'])) return unbound(plugin, 'appassembler-maven-plugin', 'assemble');
  const because = 'appassembler-maven-plugin makes start scripts';
  return {
    distribution: 'distribution',
    from: { file: plugin.file, line: plugin.line, because },
    output: insideOf(pom, valueIn(pom, plugin.places, ['assembleDirectory'])) ?? `${targetOf(pom)}/appassembler`,
  };
}

/** A jar that names its main class: enough where it needs no libraries, or where they are copied to where it looks for them. */
function plainJar(pom: Pom, poms: readonly Pom[]): Way | Obstacle | undefined {
  const main = mainOfJar(pom);
  const plugin = findUsedPlugin(pom, 'maven-jar-plugin');
  const isHelidon = /^io\.helidon\.applications:/.test(outerParentOf(pom) ?? '');
  if (isHelidon) return helidon(pom);
  if (!plugin || main === undefined) return undefined;
  const because = `maven-jar-plugin makes a jar that starts ${main}`;
  if (dependenciesOf(pom, poms, ['test', 'provided']).length === 0) return jarBy(pom, plugin, because);
  const copies = findUsedPlugin(pom, 'maven-dependency-plugin');
  const isCopied = copies && runsGoal(pom, copies, ['copy-dependencies', 'copy']);
  const classPath = valueIn(pom, plugin.places, ['addClasspath', 'Class-Path']) ?? 'false';
  if (isCopied && classPath !== 'false') {
    return { ...jarBy(pom, plugin, because), distribution: 'jar-with-libraries' };
  }
  return {
    message: `${plugin.file} makes a jar that starts ${main}, and nothing puts its libraries where it finds them`,
    where: `${plugin.file}:${plugin.line}`,
    remedy:
      'Add maven-shade-plugin, or addClasspath to maven-jar-plugin and copy-dependencies of maven-dependency-plugin.',
  };
}

/** Parents of Helidon bring the manifest and the copying (https://helidon.io/docs/v4/about/managing-dependencies). */
function helidon(pom: Pom): Way {
  const main = propertyAt(pom, 'mainClass');
  const from = main?.from[0] ?? { file: pom.file, because: '' };
  return {
    distribution: 'jar-with-libraries',
    from: { ...from, because: `the parent of Helidon makes a jar that starts ${main?.value ?? "Helidon's own class"}` },
    output: targetOf(pom),
  };
}

function mainOfJar(pom: Pom): string | undefined {
  const plugin = findUsedPlugin(pom, 'maven-jar-plugin');
  return plugin && valueIn(pom, plugin.places, mainNames);
}

function jarBy(pom: Pom, { file, line }: UsedPlugin, because: string, classifier?: string): Way {
  return {
    distribution: 'jar',
    from: { file, line, because },
    output: targetOf(pom),
    ...(classifier !== undefined && { classifier }),
  };
}

function unbound({ file, line }: UsedPlugin, name: string, goal: string): Obstacle {
  return {
    message: `${name} is configured in ${file}, but its goal ${goal} is no part of the build`,
    where: `${file}:${line}`,
    remedy: `Bind it to a phase: an <execution> with <phase>package</phase> and the goal ${goal}.`,
  };
}

function withoutMain({ file, line }: UsedPlugin, name: string): Obstacle {
  return {
    message: `${name} in ${file} makes a jar whose manifest names no main class`,
    where: `${file}:${line}`,
    remedy: 'Give the plugin a mainClass, or set java.main (slipway.yml, or --set java.main=com.example.Main).',
  };
}

/** The build's output directory, from the module's directory. */
function targetOf(pom: Pom): string {
  return insideOf(pom, textAt(pom.root, 'build', 'directory')) ?? 'target';
}

/** A directory of a pom, from the module's directory. Undefined where it is none in the module. */
function insideOf(pom: Pom, written: string | undefined): string | undefined {
  if (written === undefined) return undefined;
  const plain = interpolate(pom, written)
    .replace(/^\$\{(?:project\.|pom\.)?basedir\}\//, '')
    .replace(/^\$\{(?:project\.|pom\.)?build\.directory\}/, 'target');
  return plain.includes('$') ? undefined : joinPath('', plain) || undefined;
}
