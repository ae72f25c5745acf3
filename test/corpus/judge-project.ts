import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { ensureImages } from './base-images.js';
import { runChild } from './child.js';
import { copyTree, ensureRepository, isForeignGit } from './copy-tree.js';
import { type Expectation, expectationFiles, readExpectation } from './expectation.js';
import { judgeBuild } from './judge-build.js';
import { type DetectionJudged, judgeDetection } from './judge-detection.js';
import type { CorpusOptions } from './options.js';
import type { CorpusProject } from './project-list.js';
import { runImage } from './run-image.js';
import { type Judged, type Step, type Verdict, verdict } from './verdict.js';

/** A run's own places: nothing outside of them is written. */
export interface Workshop {
  readonly directory: string;
  readonly stateDirectory: string;
  /** Begins the names of all images that the run makes. */
  readonly mark: string;
}

/** Judge one project by a copy of it. Never throws: what is not foreseen is a verdict. */
export async function judgeProject(
  project: CorpusProject,
  number: number,
  options: CorpusOptions,
  workshop: Workshop,
): Promise<Judged> {
  const { name } = project;
  try {
    const expected = readExpectation(project.directory);
    const directory = join(workshop.directory, String(number), basename(project.directory));
    const notes = copyProject(project, directory, expected);
    const found = await judgeDetection(options.cli, directory, expected, Math.min(60, options.timeout));
    const known = { name, ...(found.kind && { kind: found.kind }), ...(found.facts && { facts: found.facts }) };
    const end = await judgeFurther(found, expected, { options, workshop, directory, number });
    return { ...known, ...end.verdict, steps: [...notes, ...found.steps, ...end.steps] };
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    return { name, ...verdict('not judged', because), steps: [] };
  }
}

function copyProject({ name, directory }: CorpusProject, to: string, expected: Expectation): readonly Step[] {
  const isForeign = isForeignGit(directory);
  const isExpectation = (path: string) => Object.keys(expected).length > 0 && expectationFiles.includes(path);
  const { skipped } = copyTree(directory, to, (path) => isForeign(path) || isExpectation(path));
  ensureRepository(to, name);
  return skipped.length === 0 ? [] : [{ name: 'note', says: `not copied: ${skipped.slice(0, 3).join(', ')}` }];
}

interface Bench {
  readonly options: CorpusOptions;
  readonly workshop: Workshop;
  readonly directory: string;
  readonly number: number;
}

interface End {
  readonly verdict: Verdict;
  readonly steps: readonly Step[];
}

async function judgeFurther(found: DetectionJudged, expected: Expectation, bench: Bench): Promise<End> {
  if (found.verdict !== undefined || found.plan === undefined)
    return { verdict: found.verdict ?? verdict('crashed', 'no plan'), steps: [] };
  if (bench.options.detectOnly) {
    const isProven = expected.kind !== undefined;
    return {
      verdict: isProven ? verdict('right', 'as expected') : verdict('detected', 'planned; nothing was built'),
      steps: [],
    };
  }
  if (expected.nowhere !== undefined) return { verdict: verdict('not judged', expected.nowhere), steps: [] };
  const missing = await ensureImages(found.plan);
  const notes = missing.map((says): Step => ({ name: 'note', says }));
  const end = await buildAndRun(found, expected, bench);
  return { ...end, steps: [...notes, ...end.steps] };
}

async function buildAndRun(found: DetectionJudged, expected: Expectation, bench: Bench): Promise<End> {
  const { options, workshop, directory, number } = bench;
  const repository = `${workshop.mark}/p${number}`;
  const environment = expected.environment ?? {};
  try {
    const place = { directory, repository, stateDirectory: workshop.stateDirectory, environment };
    const built = await judgeBuild(options, place);
    if (built.verdict !== undefined) return { verdict: built.verdict, steps: built.steps };
    const image = imagesOf(repository)[0];
    if (image === undefined)
      return { verdict: verdict('wrong', 'it says that it built, and there is no image'), steps: built.steps };
    const health = found.facts?.health;
    const run = await runImage(image, workshop.mark, typeof health === 'string' ? health : undefined, expected);
    return { verdict: run.verdict, steps: [...built.steps, ...run.steps] };
  } finally {
    for (const image of imagesOf(repository)) spawnSync('docker', ['rmi', '--force', image], { stdio: 'ignore' });
    if (!options.keepCaches) await clearCaches(options.cli, directory, workshop);
  }
}

async function clearCaches(cli: string, directory: string, { stateDirectory }: Workshop): Promise<void> {
  const env = { SLIPWAY_STATE_DIRECTORY: stateDirectory };
  await runChild(process.execPath, [cli, 'caches', 'clear', directory, '--json', '--quiet'], { seconds: 60, env });
}

function imagesOf(repository: string): readonly string[] {
  const args = ['images', '--format', '{{.Repository}}:{{.Tag}}', repository];
  return spawnSync('docker', args, { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
}
