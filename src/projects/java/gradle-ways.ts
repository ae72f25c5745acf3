import type { Evidence } from '../../core/project.js';
import { withoutSharedBlocks } from '../../jvm/gradle-boot.js';
import type { GradleBuild, GradleModule } from '../../jvm/gradle-build.js';
import { findGradleDependencies } from '../../jvm/gradle-dependencies.js';
import { findPluginUse } from '../../jvm/gradle-plugins.js';
import { partOf, type Script } from '../../jvm/gradle-script.js';
import { blocksNamed } from '../../jvm/gradle-text.js';
import { evaluate, type Scope } from '../../jvm/gradle-value.js';
import type { JavaModule, Obstacle, Way } from './way.js';

/** Plugins that are Gradle's `application`, or bring it. */
const applicationPlugins = [
  'application',
  'io.micronaut.application',
  'io.micronaut.minimal.application',
  'io.ktor.plugin',
];

const shadowPlugins = ['com.gradleup.shadow', 'com.github.johnrengelman.shadow', 'io.github.goooler.shadow'];

/** What a project of a Gradle build can be run as: by its plugins and by its tasks that make jars. */
export function readGradleModule(build: GradleBuild, module: GradleModule, scope: Scope): JavaModule {
  const { directory } = module;
  const scripts = ownScripts(module);
  const jars = [...jarTasks(scripts), ...jarBlocks(scripts)].map((jar) => wayOfJar(build, module, jar));
  const found = [quarkus(scripts, build), application(scripts, build, scope), shadow(scripts, build), ...jars];
  const ways = found.flatMap((way) => (way && 'distribution' in way ? way : []));
  const obstacle = found.find((way): way is Obstacle => way !== undefined && 'remedy' in way) ?? war(scripts, build);
  return { directory, ways, ...(obstacle && { obstacle }) };
}

/** What a root says of the projects below it is not said of itself. */
function ownScripts({ directory, scripts }: GradleModule): readonly Script[] {
  return directory === '' ? scripts.map(withoutSharedBlocks) : scripts;
}

function firstUse(scripts: readonly Script[], build: GradleBuild, ids: readonly string[]): Evidence | undefined {
  for (const id of ids) {
    const use = findPluginUse(scripts, build.catalog, { id });
    if (use?.applied) return use.from;
  }
  return undefined;
}

function quarkus(scripts: readonly Script[], build: GradleBuild): Way | undefined {
  const from = firstUse(scripts, build, ['io.quarkus']);
  return from && { distribution: 'quarkus-app', from, output: 'build', task: 'quarkusBuild' };
}

/** `installDist`: start scripts and libraries (https://docs.gradle.org/current/userguide/application_plugin.html). */
function application(scripts: readonly Script[], build: GradleBuild, scope: Scope): Way | undefined {
  const from = firstUse(scripts, build, applicationPlugins);
  if (!from) return undefined;
  const main = mainOf(scripts, scope);
  const because = main === undefined ? from.because : `${from.because}, which starts ${main}`;
  return { distribution: 'distribution', from: { ...from, because }, output: 'build/install', task: 'installDist' };
}

function mainOf(scripts: readonly Script[], scope: Scope): string | undefined {
  for (const { text } of scripts) {
    const written =
      /\bmainClass(?:Name)?\s{0,9}(?:=|\.set\s{0,3}\(|\s)\s{0,9}("[^"\n]{1,200}"|'[^'\n]{1,200}'|[\w.]{1,200})/.exec(
        text,
      );
    const main = written?.[1] === undefined ? undefined : evaluate(written[1], scope)?.value;
    if (main !== undefined) return main;
  }
  return undefined;
}

function shadow(scripts: readonly Script[], build: GradleBuild): Way | undefined {
  const from = firstUse(scripts, build, shadowPlugins);
  if (!from || !scripts.some(({ text }) => text.includes('Main-Class'))) return undefined;
  const classifiers = scripts
    .flatMap(({ text }) => blocksNamed(text, 'shadowJar'))
    .flatMap(({ text }) => archiveOf(text));
  return {
    distribution: 'jar',
    from,
    output: 'build/libs',
    task: 'shadowJar',
    ...(classifiers[0] ?? { classifier: 'all' }),
  };
}

/** What a block says of its archive's name; one that it moves elsewhere altogether has no classifier to go by. */
function archiveOf(text: string): readonly { readonly classifier?: string }[] {
  const set = /\b(?:archiveClassifier|classifier)\s{0,9}(?:=|\.set\s{0,3}\(|\s)\s{0,9}["']?([\w.-]{0,60})/.exec(
    text,
  )?.[1];
  if (set !== undefined && set !== '' && set !== 'null') return [{ classifier: set }];
  return set !== undefined || /\barchive(?:File|Base)?Name\b/.test(text) ? [{}] : [];
}

interface JarTask {
  readonly name: string;
  readonly script: Script;
  readonly text: string;
  readonly from: Evidence;
}

/** Jars that a project's own tasks make: `task fatJar(type: Jar) {`, `tasks.register<Jar>("fatJar") {`, `val fatJar by tasks.creating(Jar::class) {`. */
const jarTaskPattern =
  /\btask\s{1,9}(\w{1,60})\s{0,3}\(\s{0,3}type\s{0,3}:\s{0,3}Jar\b[^{}\n]{0,100}\{|\b(?:register|create)\s{0,3}(?:<\s{0,3}Jar\s{0,3}>)?\s{0,3}\(\s{0,3}["'](\w{1,60})["'](?:\s{0,3},\s{0,3}Jar(?:::class(?:\.java)?)?)?\s{0,3}\)\s{0,3}\{|\bval\s{1,9}(\w{1,60})\s{1,9}by\s{1,9}tasks\.(?:creating|registering)\s{0,3}\(\s{0,3}Jar::class\s{0,3}\)\s{0,3}\{/g;

const maxTasks = 50;

function jarTasks(scripts: readonly Script[]): readonly JarTask[] {
  const found: JarTask[] = [];
  for (const script of scripts) {
    for (const match of script.text.matchAll(jarTaskPattern)) {
      const name = match[1] ?? match[2] ?? match[3] ?? '';
      if (found.length >= maxTasks || !/\bJar\b/.test(match[0])) continue;
      const text = blockAt(script.text, match.index + match[0].length);
      if (text.includes('Main-Class')) found.push(jarTask(name, script, text, match.index));
    }
  }
  return found;
}

function blockAt(text: string, start: number): string {
  const [block] = blocksNamed(`jar {${text.slice(start, start + 20_000)}`, 'jar');
  return block?.text ?? '';
}

function jarTask(name: string, script: Script, text: string, offset: number): JarTask {
  const from = {
    file: script.file,
    line: script.lineAt(offset),
    because: `the task ${name} makes a jar with a Main-Class`,
  };
  return { name, script, text, from };
}

/** The task `jar` itself: `jar { … }`, `tasks.jar { … }`, `tasks.named<Jar>("jar") { … }`, `tasks.withType<Jar> { … }`. */
function jarBlocks(scripts: readonly Script[]): readonly JarTask[] {
  return scripts.flatMap((script) => {
    const plain = blocksNamed(script.text, 'jar');
    const named = [
      ...script.text.matchAll(
        /\b(?:named\s{0,3}(?:<Jar>)?\s{0,3}\(\s{0,3}["']jar["']|withType\s{0,3}(?:<Jar>|\(\s{0,3}Jar\b))[^{}\n]{0,60}\{/g,
      ),
    ]
      .slice(0, maxTasks)
      .map((match) => {
        const start = match.index + match[0].length;
        return { text: blockAt(script.text, start), start };
      });
    return [...plain, ...named]
      .filter(({ text }) => text.includes('Main-Class'))
      .map(({ text, start }) => jarTask('jar', partOf(script, text, start), text, 0));
  });
}

/** A jar with a Main-Class is a program where it holds its libraries, needs none, or says where they are. */
function wayOfJar(build: GradleBuild, { scripts }: GradleModule, { name, text, from }: JarTask): Way | Obstacle {
  const isFat = /\bzipTree\b|\bconfigurations\b|\bruntimeClasspath\b/.test(text) && !text.includes('Class-Path');
  if (isFat || findGradleDependencies(scripts, build.catalog, () => []).length === 0) {
    const [archive] = archiveOf(text);
    return { distribution: 'jar', from, output: 'build/libs', task: name, ...archive };
  }
  return {
    message: `${from.because}, and nothing puts its libraries into it`,
    where: `${from.file ?? ''}:${from.line ?? 1}`,
    remedy: "Apply Gradle's plugin application, or the plugin com.gradleup.shadow.",
  };
}

function war(scripts: readonly Script[], build: GradleBuild): Obstacle | undefined {
  const from = firstUse(scripts, build, ['war', 'ear']);
  return (
    from && {
      message: `${from.file ?? 'The build'} makes a WAR or EAR, which needs an application server that is not part of it`,
      where: `${from.file ?? ''}:${from.line ?? 1}`,
      remedy:
        'Make it a program with a server of its own (an embedded one, and the plugin application), or write its Dockerfile by hand on an image of the server.',
    }
  );
}
