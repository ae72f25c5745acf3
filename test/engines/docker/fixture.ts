import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BuildJob, RunContext } from '../../../src/core/engine.js';
import type { BuilderPlan } from '../../../src/core/plan.js';
import { createDockerEngine } from '../../../src/engines/docker/index.js';
import type { DockerEngineOptions } from '../../../src/engines/docker/options.js';

/** A progress that remembers. */
export function recordingContext(signal: AbortSignal = new AbortController().signal) {
  const [lines, steps, said]: [string[], string[], string[]] = [[], [], []];
  const context: RunContext = {
    signal,
    progress: {
      step: (title) => void steps.push(title),
      output: (line) => void lines.push(line),
      status: () => {},
      info: (text) => void said.push(text),
      warn: (text) => void said.push(text),
    },
  };
  return { context, lines, steps, said };
}

let count = 0;

/** A directory of its own for one test, removed by `clean`. */
export async function createScratch() {
  const root = await mkdtemp(join(tmpdir(), 'slipway-engine-test-'));
  return {
    root,
    clean: () => rm(root, { recursive: true, force: true }),
    engineOptions(more: Partial<DockerEngineOptions> = {}): DockerEngineOptions {
      count += 1;
      return {
        environment: { PATH: process.env.PATH },
        dockerConfigDirectory: join(root, 'docker-config'),
        stateDirectory: join(root, 'state'),
        clientSettings: async () => [],
        runId: `test-${process.pid}-${count}`,
        ...more,
      };
    },
    engine(more: Partial<DockerEngineOptions> = {}) {
      return createDockerEngine(this.engineOptions(more));
    },
    async sources(files: Readonly<Record<string, string>>, name = 'src') {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(join(root, name, dirname(path)), { recursive: true });
        await writeFile(join(root, name, path), text);
        if (path.endsWith('.sh')) await chmod(join(root, name, path), 0o755);
      }
      return { root: join(root, name), files: Object.keys(files).sort() };
    },
    async output(name = 'out') {
      await mkdir(join(root, 'runs', name), { recursive: true });
      return join(root, 'runs', name);
    },
  };
}

export type Scratch = Awaited<ReturnType<typeof createScratch>>;

/** Image of the hand-written builders. */
export const builderImage = 'node:22-slim';

export function builderPlan(more: Partial<BuilderPlan> = {}): BuilderPlan {
  return {
    from: { image: builderImage },
    steps: [],
    env: {},
    caches: [],
    outputs: [],
    mounts: [],
    timeoutSeconds: 120,
    transfer: 'auto',
    ...more,
  };
}

export async function buildJob(
  scratch: Scratch,
  files: Readonly<Record<string, string>>,
  builder: Partial<BuilderPlan>,
  more: Partial<BuildJob> = {},
): Promise<BuildJob> {
  return {
    project: 'engine-test',
    kind: 'script',
    builder: builderPlan(builder),
    sources: await scratch.sources(files),
    outputDirectory: await scratch.output(),
    ...more,
  };
}
