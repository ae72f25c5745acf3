/** `npm run corpus -- DIR`: judge Slipway by a folder of foreign projects. `--help` says how. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { engineTrouble } from './base-images.js';
import { endChildren } from './child.js';
import { judgeProject, type Workshop } from './judge-project.js';
import { type CorpusOptions, parseOptions } from './options.js';
import { type CorpusProject, listProjects } from './project-list.js';
import { exitCodeFor, formatJudged, formatSummary, reportJson } from './report.js';
import { corpusLabel } from './run-image.js';
import type { Judged } from './verdict.js';

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  try {
    return await judgeAll(parseOptions(argv));
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`corpus: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
}

async function judgeAll(options: CorpusOptions): Promise<number> {
  const projects = listProjects(options.directory, options.only);
  if (projects.length === 0) throw new Error(`there is no project in ${options.directory}`);
  if (!existsSync(options.cli)) throw new Error(`there is no ${options.cli}: npm run build`);
  const trouble = options.detectOnly ? undefined : engineTrouble();
  if (trouble !== undefined) throw new Error(`no engine: ${trouble} (--detect-only needs none)`);
  const workshop = makeWorkshop();
  let interrupted = false;
  const stop = (): void => {
    interrupted = true;
    endChildren();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const all = await judgeSome(projects, options, workshop, () => interrupted);
    process.stdout.write(formatSummary(all));
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(reportJson(all), null, 2)}\n`);
    return interrupted ? 130 : exitCodeFor(all);
  } finally {
    removeWorkshop(workshop);
  }
}

/** Some at a time; printed in their order, each as soon as those before it are. */
async function judgeSome(
  projects: readonly CorpusProject[],
  options: CorpusOptions,
  workshop: Workshop,
  isOver: () => boolean,
): Promise<readonly Judged[]> {
  const done: Judged[] = [];
  let [next, printed] = [0, 0];
  const work = async (): Promise<void> => {
    for (let index = next++; index < projects.length && !isOver(); index = next++) {
      const project = projects[index];
      if (project === undefined) return;
      process.stderr.write(`[${index + 1}/${projects.length}] ${project.name}\n`);
      done[index] = await judgeProject(project, index, options, workshop);
      rmSync(join(workshop.directory, String(index)), { recursive: true, force: true });
      for (let ready = done[printed]; ready !== undefined; ready = done[++printed])
        process.stdout.write(`${formatJudged(ready)}\n`);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  return done.filter((judged) => judged !== undefined);
}

function makeWorkshop(): Workshop {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-corpus-')));
  return { directory, stateDirectory: join(directory, 'state'), mark: `slipway-corpus-${process.pid}` };
}

/** What a killed command of the run left in the engine carries the home of its state directory. */
function removeWorkshop({ directory, stateDirectory, mark }: Workshop): void {
  const home = join(stateDirectory, 'home-id');
  if (existsSync(home)) {
    const ofHome = `label=io.slipway.home=${readFileSync(home, 'utf8')}`;
    for (const filter of [ofHome, `label=${corpusLabel}=${mark}`])
      removeListed(['ps', '--all', '--quiet', '--filter', filter], ['rm', '--force', '--volumes']);
    removeListed(['volume', 'ls', '--quiet', '--filter', ofHome], ['volume', 'rm']);
  }
  rmSync(directory, { recursive: true, force: true });
}

function removeListed(list: readonly string[], remove: readonly string[]): void {
  const found = spawnSync('docker', list, { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
  if (found.length > 0) spawnSync('docker', [...remove, ...found], { stdio: 'ignore' });
}
