import type {
  BuildJob,
  CacheVolume,
  Engine,
  ImageFileReader,
  PackedImage,
  PackJob,
  RunContext,
} from '../../core/engine.js';
import type { FailureCode } from '../../core/failure.js';
import type { Artifacts, Image, Release, TryPlan } from '../../core/plan.js';
import { buildInContainer } from './build.js';
import { clearCaches, listCaches } from './caches.js';
import { connect } from './connect.js';
import { asFailure } from './engine-error.js';
import { readImageFiles } from './image-files.js';
import { inspectImage } from './images.js';
import type { DockerEngineOptions } from './options.js';
import { currentOwner } from './owner.js';
import { packImage } from './pack.js';
import { pushImage } from './push.js';
import { sweepOrphans } from './sweep.js';
import { tryImage } from './try.js';
import { Workshop } from './workshop.js';

/**
 * A Docker Engine (or Podman's Docker API) as the `Engine` port. Nothing is connected, and dockerode is not loaded,
 * before the first call; the first connection sweeps what killed runs left.
 */
export function createDockerEngine(options: DockerEngineOptions): Engine {
  return new DockerEngine(options);
}

class DockerEngine implements Engine {
  readonly name = 'docker';
  readonly #options: DockerEngineOptions;
  #workshop: Promise<Workshop> | undefined;
  /** What is swept is nobody's: it need not be gone before a run begins, only before it is over. */
  #swept: Promise<void> | undefined;

  constructor(options: DockerEngineOptions) {
    this.#options = options;
  }

  describe(signal?: AbortSignal): Promise<string> {
    return this.#with('build.engine-unreachable', 'asking what it is', signal, async ({ connection }) => {
      return `${connection.product} (${connection.endpoint.url})`;
    });
  }

  build(job: BuildJob, context: RunContext): Promise<Artifacts> {
    return this.#with('build.command-failed', 'building', context.signal, (workshop) =>
      buildInContainer(workshop, job, context),
    );
  }

  pack(job: PackJob, context: RunContext): Promise<PackedImage> {
    return this.#with('build.pack-failed', 'packing', context.signal, (workshop) => packImage(workshop, job, context));
  }

  tryImage(
    image: string,
    plan: TryPlan,
    probeWith: string,
    context: RunContext,
  ): Promise<{ readonly milliseconds: number; readonly answer: string }> {
    return this.#with('build.unhealthy', 'trying the image', context.signal, (workshop) =>
      tryImage(workshop, { image, plan, probeWith }, context),
    );
  }

  findImage(reference: string) {
    return this.#with('push.image-missing', 'looking for an image', undefined, async ({ docker }) => {
      const found = await inspectImage(docker, reference);
      return (
        found && {
          id: found.Id,
          size: found.Size,
          labels: found.Config?.Labels ?? {},
          digests: found.RepoDigests ?? [],
          layers: found.RootFS.Layers ?? [],
        }
      );
    });
  }

  readImageFiles(image: string, reader: ImageFileReader, context: RunContext): Promise<void> {
    return this.#with('push.image-missing', "reading the image's files", context.signal, (workshop) =>
      readImageFiles(workshop, image, reader, context),
    );
  }

  push(image: Image, context: RunContext): Promise<Release> {
    return this.#with('push.failed', 'pushing', context.signal, (workshop) => pushImage(workshop, image, context));
  }

  listCaches(project?: string): Promise<readonly CacheVolume[]> {
    return this.#with('build.engine-lost', 'listing caches', undefined, ({ docker }) => listCaches(docker, project));
  }

  clearCaches(project?: string): Promise<readonly CacheVolume[]> {
    return this.#with('build.engine-lost', 'clearing caches', undefined, ({ docker }) => clearCaches(docker, project));
  }

  async #with<T>(
    code: FailureCode,
    doing: string,
    signal: AbortSignal | undefined,
    work: (workshop: Workshop) => Promise<T>,
  ): Promise<T> {
    try {
      signal?.throwIfAborted();
      this.#workshop ??= this.#open(signal);
      return await work(await this.#workshop);
    } catch (error) {
      throw asFailure(error, code, doing, signal);
    } finally {
      await this.#swept;
    }
  }

  async #open(signal: AbortSignal | undefined): Promise<Workshop> {
    const { runId, stateDirectory } = this.#options;
    const [connection, owner] = await Promise.all([
      connect(this.#options, signal),
      currentOwner(runId, stateDirectory),
    ]);
    this.#swept = sweepOrphans(connection.docker, owner, stateDirectory);
    return new Workshop(connection, this.#options, owner);
  }
}
