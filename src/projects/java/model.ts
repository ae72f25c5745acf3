import { Failure } from '../../core/failure.js';
import type { Evidence, Hints } from '../../core/project.js';
import type { BuildModel, Candidate } from '../../jvm/candidate.js';
import { chooseModule, hintedModule } from '../../jvm/module-choice.js';
import type { JavaModule, Obstacle, Way } from './way.js';

/** What either build tool's files say of the module that will run. */
export interface JavaModel extends BuildModel {
  readonly way: Way;
  /** What it could be run as too. */
  readonly otherWays: readonly Way[];
  /** Path of the Gradle task that makes it. */
  readonly task?: string;
  /** A property of the build by name. */
  property(key: string): Candidate | undefined;
}

/** The modules of a build, and which of them are another kind's. */
export interface JavaModules {
  readonly modules: readonly JavaModule[];
  /** Directories of the modules that are Spring Boot's. */
  readonly boot: readonly string[];
  /** The file that stands for the build, for messages. */
  readonly file: string;
  /** What of the build is a program that was not run: in it may stand what makes one of its modules a program. */
  readonly unread?: Evidence;
}

/**
 * The module that will run and how. Undefined where Spring Boot's modules are all that runs, or a hint names one of them.
 * Throws `detect.ambiguous` for several, `detect.unsupported` where none is a program.
 */
export function chooseProgram(hints: Hints, build: JavaModules): (JavaModule & { readonly way: Way }) | undefined {
  const own = build.modules.filter(({ directory }) => !build.boot.includes(directory));
  const runnable = own.filter(({ ways }) => ways.length > 0);
  const modules = {
    all: build.modules.map(({ directory }) => directory),
    runnable: runnable.map(({ directory }) => directory),
    title: 'programs',
  };
  const hinted = hintedModule(hints, modules);
  if (hinted === undefined ? runnable.length === 0 && build.boot.length > 0 : build.boot.includes(hinted)) {
    return undefined;
  }
  if (hinted === undefined && runnable.length === 0) throw noProgram(own, build);
  const directory = chooseModule(hints, modules);
  const chosen = own.find((module) => module.directory === directory);
  const way = chosen?.ways[0];
  if (!chosen || !way) throw noProgram(chosen ? [chosen] : own, build);
  return { ...chosen, way };
}

function noProgram(modules: readonly JavaModule[], { file, unread }: JavaModules): Failure {
  const [obstacle] = modules.flatMap((module) => module.obstacle ?? []);
  return new Failure('detect.unsupported', obstacle ?? (unread ? notRead(unread) : library(file)));
}

function notRead({ file, line, because }: Evidence): Obstacle {
  return {
    message: `No program is seen in this Gradle build, and one may be made where Slipway does not look: ${because}`,
    where: `${file ?? 'settings.gradle'}:${line ?? 1}`,
    remedy:
      'Apply the plugin that makes it (org.springframework.boot, application) in the script of the project itself, in plain words; or run Slipway on the jar that is already built: slipway ship app.jar.',
  };
}

function library(file: string): Obstacle {
  const isMaven = file === 'pom.xml';
  return {
    message: `${file} makes a library: nothing in the build makes a program of it`,
    where: file,
    remedy: isMaven
      ? 'Give the module that is the program a plugin that makes a runnable jar: maven-shade-plugin with a mainClass.'
      : 'Apply the plugin application to the project that is the program, and set its mainClass.',
  };
}
