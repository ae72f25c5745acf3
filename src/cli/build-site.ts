import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../core/engine.js';
import { sanitiseName } from '../core/image-name.js';
import type { Plan } from '../core/plan.js';
import type { DockerEngineOptions } from '../engines/docker/options.js';
import { readBuildRun } from '../io/ci-run.js';
import { readClientSettings } from '../io/client-settings.js';
import { listSourceFiles } from '../io/source-files.js';
import type { BuildSite } from '../run/build-image.js';
import { registryAccess } from './registry-access.js';
import { packageVersion } from './version.js';
import type { World } from './world.js';

/** The engine that `DOCKER_HOST` or the Docker context names. Nothing is asked of it yet. */
export async function openEngine(world: World): Promise<Engine> {
  const { createDockerEngine } = await import('../engines/docker/index.js');
  return createDockerEngine(engineOptions(world));
}

/**
 * The same, and its connection is made while the plan is: git's answers are waited for meanwhile. An engine that cannot
 * be reached is told by the first who needs it, after whatever is wrong with the project.
 */
export async function openEngineEarly(world: World): Promise<Engine> {
  const engine = await openEngine(world);
  engine.describe(world.signal).catch(() => {});
  return engine;
}

/** How the engine is reached and what it may know of this machine; `host` is an address instead of `DOCKER_HOST`. */
export function engineOptions(world: World, host?: string): DockerEngineOptions {
  return {
    environment: host === undefined ? world.environment : { ...world.environment, DOCKER_HOST: host },
    dockerConfigDirectory: world.environment.DOCKER_CONFIG || join(homedir(), '.docker'),
    stateDirectory: world.stateDirectory,
    clientSettings: readClientSettings(world.environment),
    runId: world.runId,
    registries: () => registryAccess(world),
    pushBy: async () => (await world.settings()).values.push.by,
  };
}

/** What a build of this plan needs of this machine. */
export async function openBuildSite(world: World, plan: Plan, engine: Engine): Promise<BuildSite> {
  return {
    engine,
    sources: { root: world.root, files: world.jar === undefined ? await listSourceFiles(world.root) : [world.jar] },
    cacheProject: cacheProject(plan.project.name, plan.source.url ?? world.root),
    makeOutputDirectory: async () => {
      const directory = join(await world.runDirectory.make(), 'out');
      await mkdir(directory, { mode: 0o700 });
      return directory;
    },
    removeOutputDirectory: (directory) => rm(directory, { recursive: true, force: true }),
    now: world.now,
    run: readBuildRun(world.environment, packageVersion()),
  };
}

/** One name for the caches of a project wherever it is checked out: from its origin, else from its place on this disk. */
export function cacheProject(name: string, identity: string): string {
  const readable = (sanitiseName(name) ?? 'project').replace(/[^a-z0-9-]/g, '-').slice(0, 40);
  return `${readable}-${createHash('sha256').update(identity).digest('hex').slice(0, 8)}`;
}
