import type { Artifacts, BuilderPlan, Image, ImagePlan, Plan, Release, TryPlan, UsedImage } from './plan.js';
import type { Progress } from './progress.js';

/** What every long operation of an engine gets. */
export interface RunContext {
  readonly progress: Progress;
  /** Aborted on SIGINT, SIGTERM; an operation then removes what it made and rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/** The project's files that go into a build. */
export interface SourceFiles {
  /** Absolute path of the project's root. */
  readonly root: string;
  /** Relative paths with `/`, sorted; files and symbolic links, no directories. */
  readonly files: readonly string[];
}

export interface BuildJob {
  /** Names the caches: stable for a project on this machine, `[a-z0-9-]+`. */
  readonly project: string;
  readonly kind: string;
  readonly builder: BuilderPlan;
  readonly sources: SourceFiles;
  /** An existing, empty directory of ours on this host, in which the outputs land. */
  readonly outputDirectory: string;
}

export interface PackJob {
  readonly artifacts: Artifacts;
  readonly image: ImagePlan;
  readonly tags: Plan['version']['tags'];
}

/** What packs and runs images. */
export interface Engine {
  readonly name: string;
  /** Which engine answers, e.g. `Docker 20.10.24 (unix:///var/run/docker.sock)`. Throws `build.engine-unreachable`. */
  describe(signal?: AbortSignal): Promise<string>;
  /** Run the recipe in its builder container. The outputs are in `job.outputDirectory`, owned by the caller, when it returns. */
  build(job: BuildJob, context: RunContext): Promise<Artifacts>;
  /** Make the runtime image and give it its tags. */
  pack(job: PackJob, context: RunContext): Promise<PackedImage>;
  /**
   * Start the image once and wait until it answers on its own address, or, where no port is known, see that it does not end
   * with an error within a few seconds. `answer` is what was seen. Throws `build.unhealthy` with its last log lines.
   */
  tryImage(
    image: string,
    plan: TryPlan,
    probeWith: string,
    context: RunContext,
  ): Promise<{ readonly milliseconds: number; readonly answer: string }>;
  /** Find a packed image by reference; undefined when the engine has none. */
  findImage(reference: string): Promise<FoundImage | undefined>;
  /**
   * Show a reader the image's regular files in one pass, one at a time, without starting it. What the reader throws ends the pass.
   * Throws `push.image-missing`.
   */
  readImageFiles(image: string, reader: ImageFileReader, context: RunContext): Promise<void>;
  /** Push every tag; returns the release with the digest the registry gave. */
  push(image: Image, context: RunContext): Promise<Release>;
  /** Caches of all projects, or of one. */
  listCaches(project?: string): Promise<readonly CacheVolume[]>;
  /** Remove caches that no container uses; returns those removed. */
  clearCaches(project?: string): Promise<readonly CacheVolume[]>;
}

/** What packing made. */
export interface PackedImage {
  readonly id: string;
  /** Bytes. */
  readonly size: number;
  /** What its Dockerfile builds on. */
  readonly bases: readonly UsedImage[];
}

/** An image as the engine knows it. */
export interface FoundImage {
  readonly id: string;
  /** Bytes. */
  readonly size: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Names under which registries have it: `repository@sha256:…`. */
  readonly digests: readonly string[];
  /** Digests of its layers' uncompressed archives, lowest first: what its files are, whatever it is called. */
  readonly layers: readonly string[];
}

/** A regular file of an image, before its content is read. */
export interface ImageFile {
  /** Without a leading `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly executable: boolean;
}

/** What looks through an image's files. */
export interface ImageFileReader {
  /** Whether the content is wanted: it is held in memory whole. */
  wants(file: ImageFile): boolean;
  read(file: ImageFile, content: Uint8Array): Promise<void> | void;
}

export interface CacheVolume {
  readonly volume: string;
  readonly project: string;
  readonly kind: string;
  readonly cache: string;
  /** Bytes; undefined where the engine does not say. */
  readonly size?: number;
}
