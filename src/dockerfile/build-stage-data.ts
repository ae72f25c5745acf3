import type { Output, Recipe, Step } from '../core/recipe.js';
import { quoteJson } from './quote.js';

/** What the build stage of a standalone Dockerfile is made of, ready to be written. */
export interface BuildStageData {
  /** Arguments of the COPY instructions for the files that the first steps need; empty where all sources come first. */
  readonly early: readonly string[];
  /** Steps between those files and the rest of the sources. */
  readonly earlySteps: readonly BuildStep[];
  readonly steps: readonly BuildStep[];
  /** Arguments of the RUN instructions that bring the outputs to /out under their fixed names. */
  readonly gather: readonly string[];
}

interface BuildStep {
  readonly title: string;
  /** What stands after RUN: JSON for an argv, the lines joined by `&&` for a script. */
  readonly run: string;
}

/** Paths and globs that a shell and a Dockerfile read as they are written. */
const plainPath = /^[A-Za-z0-9_.][A-Za-z0-9_./@+-]*$/;
const plainGlob = /^[A-Za-z0-9_.][A-Za-z0-9_./@+[\]*?-]*$/;

/** Made so that `docker build` takes it with and without BuildKit: no mounts, no here-documents. */
export function buildStageData(recipe: Recipe): BuildStageData {
  const early = recipe.early?.files.every((file) => plainGlob.test(file)) ? recipe.early : undefined;
  const steps = recipe.steps.map(buildStep);
  return {
    early: copyByDirectory(early?.files ?? []),
    earlySteps: steps.slice(0, early?.steps ?? 0),
    steps: steps.slice(early?.steps ?? 0),
    gather: gatherOutputs(recipe.outputs),
  };
}

function buildStep(step: Step): BuildStep {
  return { title: step.title, run: 'argv' in step ? quoteJson(step.argv) : step.script.join(joint) };
}

const joint = ' && \\\n    ';

/** COPY flattens what it copies: one for each directory. */
function copyByDirectory(files: readonly string[]): readonly string[] {
  const directories = [...new Set(files.map(directoryOf))];
  return directories.map((directory) => {
    const inside = files.filter((file) => directoryOf(file) === directory);
    return `${inside.join(' ')} ./${directory}`;
  });
}

/** With a slash at its end; '' for the root. */
function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/**
 * Plain paths are written as a person would; any other reaches a constant script as an argument, in exec form, so that it
 * is never read as shell.
 */
function gatherOutputs(outputs: readonly Output[]): readonly string[] {
  const isPlain = ({ from, to }: Output): boolean => plainPath.test(from) && plainPath.test(to);
  const plain = outputs.filter(isPlain);
  const others = outputs.filter((output) => !isPlain(output));
  const parents = [...new Set(plain.map(({ to }) => `/out/${directoryOf(to)}`.replace(/\/$/, '')))];
  const together = plain.length === 0 ? [] : [[`mkdir -p ${parents.join(' ')}`, ...plain.map(gatherPlain)].join(joint)];
  return [...together, ...others.map(gatherAny)];
}

function gatherPlain({ from, to, optional }: Output): string {
  const copy = `cp -a ${from} /out/${to}`;
  return optional === true ? `if [ -e ${from} ]; then ${copy}; else mkdir /out/${to}; fi` : copy;
}

function gatherAny({ from, to, optional }: Output): string {
  const copy = 'cp -a -- "$1" "/out/$2"';
  const place = 'mkdir -p "$(dirname "/out/$2")"';
  const script =
    optional === true ? `${place}; if [ -e "$1" ]; then ${copy}; else mkdir "/out/$2"; fi` : `${place}; ${copy}`;
  return quoteJson(['sh', '-euc', script, 'gather', from, to]);
}
