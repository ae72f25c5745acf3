import { Failure } from '../../src/core/failure.js';
import { openSourceTree } from '../../src/io/source-tree.js';
import { detectProject, kindNamed } from '../../src/projects/detect-project.js';
import { kinds } from '../../src/projects/index.js';
import { hintsFrom } from '../../src/settings/hints.js';
import { readSettings } from '../../src/settings/read-settings.js';

/** What detection says of a hostile project. */
export interface Answer {
  /** `answer`, or the failure's code. */
  readonly code: string;
  /** The kind with all that was found, or the failure's words. */
  readonly said: string;
  /** Processor time, in milliseconds. */
  readonly cost: number;
}

/** Read the settings, detect, and make the recipe. Throws what is no Failure. */
export async function answerTo(directory: string): Promise<Answer> {
  const started = process.cpuUsage();
  const cost = (): number => {
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1000;
  };
  try {
    const settings = await readSettings({ root: directory, environment: {}, flags: [] });
    const { kind } = settings.values;
    const project = detectProject(openSourceTree(directory), kinds, {
      hints: hintsFrom(settings),
      ...(kind !== undefined && { kind }),
    });
    const recipe = kindNamed(kinds, project.kind).recipe(project, { platform: 'linux/amd64', version: '1.0.0' });
    return { code: 'answer', said: `${project.kind} ${JSON.stringify([project, recipe])}`, cost: cost() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const said = JSON.stringify([error.message, error.where, error.remedy, error.candidates]);
    return { code: error.code, said, cost: cost() };
  }
}
