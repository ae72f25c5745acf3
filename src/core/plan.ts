import type { Digest, Repository, Tag } from './image-name.js';
import type { Project } from './project.js';
import type { Cache, MountName, Output, Probe, Step } from './recipe.js';

/** What git says of the tree: all that a version, a label or a commit message needs. */
export interface SourceFacts {
  /** Full commit id; undefined where there is no repository or no commit. */
  readonly revision?: string;
  /** Branch name; undefined on a detached head that no CI names. */
  readonly branch?: string;
  /** Committer time, ISO 8601 UTC, seconds. */
  readonly committedAt?: string;
  /** The origin's URL without credentials. */
  readonly url?: string;
  /** True when the work tree differs from the commit. */
  readonly dirty: boolean;
}

/**
 * A tag that follows the releases: `latest`, `1`, `1.2`. Whether it may move is decided finally by who holds it in the
 * registry when the image is pushed, so it is no immutable tag and is never pushed like one.
 */
export interface MovingTag {
  readonly tag: Tag;
  /** Why the version may have it, in one sentence. */
  readonly because: string;
  /** The tag follows this branch and not the releases; the image's label `io.slipway.branch` has it, too. */
  readonly branch?: string;
}

/** What became of a moving tag when the image was pushed. */
export interface MovedTag {
  readonly tag: Tag;
  /** Whether it names this release now, because this run or another put it there. */
  readonly moved: boolean;
  /** Who has it, and why, in one sentence. */
  readonly because: string;
}

/** A version and the tags that carry it. */
export interface VersionPlan {
  /** SemVer, but in a pull request and under a scheme that names commits in another way. */
  readonly version: string;
  /** The immutable ones, which are pushed: never empty. */
  readonly tags: readonly Tag[];
  /** The ones that this version may take over; most specific first. Undefined: none. */
  readonly moving?: readonly MovingTag[];
  /** Which rule made it, in one sentence. */
  readonly because: string;
}

/** Client settings that the build will be given, by name; their content is read when the build runs. */
export interface MountPlan {
  readonly name: MountName;
  /** Path on the host as the settings give it; `~` not yet expanded; undefined: the client's usual place. */
  readonly path?: string;
  /** Names of variables of the host's environment that the project's own client settings refer to. */
  readonly variables?: readonly string[];
}

export interface BuilderPlan {
  /** An image by name, or a Dockerfile of the project's own (path in the project). */
  readonly from: { readonly image: string } | { readonly dockerfile: string };
  readonly steps: readonly Step[];
  readonly env: Readonly<Record<string, string>>;
  readonly caches: readonly Cache[];
  readonly outputs: readonly Output[];
  readonly mounts: readonly MountPlan[];
  readonly timeoutSeconds: number;
  /** `auto` probes whether the engine sees our disk. */
  readonly transfer: 'auto' | 'mount' | 'stream';
}

export interface ImagePlan {
  readonly repository: Repository;
  /** The same image's names in further registries. Undefined: there are none. */
  readonly also?: readonly Repository[];
  readonly platform: string;
  /** The runtime image's Dockerfile, whole. */
  readonly dockerfile: string;
  /** Labels the Dockerfile sets. */
  readonly labels: Readonly<Record<string, string>>;
  readonly try?: TryPlan;
}

/** The one start of the image before it is pushed. */
export interface TryPlan {
  /** Undefined where no port is known: the image must then not end with an error within a few seconds. */
  readonly probe?: Probe;
  readonly timeoutSeconds: number;
  /** Environment for the tried container alone. */
  readonly env: Readonly<Record<string, string>>;
}

/** Where deploy templates live: in the project itself, or in a repository of their own. */
export type TemplateSource =
  | { readonly in: 'project' }
  | {
      readonly in: 'repository';
      readonly url: string;
      readonly branch?: string;
      /** `pull-request`: a branch of its own is pushed, and a person merges it. Undefined: the branch itself is pushed to. */
      readonly publish?: 'pull-request';
      /** Commits are signed, as git is configured. */
      readonly sign?: boolean;
      /** Author and committer, `Name <mail>`. Undefined: whom git knows. */
      readonly author?: string;
    };

/** One service of one template that will get the new image. */
export interface DeploymentPlan {
  readonly environment: string;
  /** Name of the target, e.g. `swarm`. */
  readonly target: string;
  readonly source: TemplateSource;
  /** Path of the template in its repository. */
  readonly template: string;
  /** The service inside the template: a Compose service key, a Marathon app id. */
  readonly service: string;
  /** The image as the template has it now. */
  readonly currentImage: string;
  /**
   * Values that the service gets beside its image, by path in the service (`instances`, `env.LOG_LEVEL`), from the settings. Of
   * `{version}`, `{revision}`, `{run}`, `{digest}`, the release's are put in. Never secret.
   */
  readonly set?: Readonly<Record<string, string>>;
  /** How the service itself is asked for the new version, once the orchestrator says that it runs. */
  readonly verify?: VerifyPlan;
  /** `never`: a rollout that failed is left as it is. Undefined: `auto`, what was before is put back. */
  readonly rollback?: 'auto' | 'never';
  /** What the target needs to roll out, from the settings (stack name, URL): never secret. */
  readonly options: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

/** A question to a service after its rollout; the answer must have a status of 2xx. */
export interface VerifyPlan {
  readonly url: string;
  /** A text that the answer must hold; of `{version}`, `{revision}`, `{digest}`, the release's are put in. Undefined: any. */
  readonly body?: string;
  readonly timeoutSeconds: number;
}

/** Every decision of a run. Frozen, serialisable, free of secrets and of paths of the machine it was made on. */
export interface Plan {
  readonly format: 1;
  readonly project: Project;
  readonly source: SourceFacts;
  readonly version: VersionPlan;
  readonly builder: BuilderPlan;
  readonly image: ImagePlan;
  readonly deployments: readonly DeploymentPlan[];
}

/** An image that went into another, as the engine knew it at that moment. */
export interface UsedImage {
  /** As the plan or the Dockerfile names it. */
  readonly name: string;
  /** The engine's image id. */
  readonly id: string;
  /** Names under which registries have it: `repository@sha256:…`; empty for one that was made in the engine. */
  readonly digests: readonly string[];
}

/** Who ran a build: a CI's facts, never secrets. */
export interface BuildRun {
  /** URI of the workflow or job that builds; `urn:slipway:builder:local` where no CI says so. */
  readonly builder: string;
  /** URI of this one run. */
  readonly invocation?: string;
  /** Version of Slipway. */
  readonly slipway: string;
}

/** How an image came to be: all that its provenance says. Free of secrets and of paths of the machine. */
export interface ImageOrigin {
  readonly source: SourceFacts;
  /** The project's facts, by name. */
  readonly facts: Readonly<Record<string, string | boolean | readonly string[]>>;
  readonly platform: string;
  readonly builder: UsedImage;
  readonly bases: readonly UsedImage[];
  readonly steps: readonly Step[];
  /** Environment of the steps. */
  readonly env: Readonly<Record<string, string>>;
  /** The runtime image's Dockerfile, whole. */
  readonly dockerfile: string;
  readonly run: BuildRun;
}

/** What the builder left, on this host. */
export interface Artifacts {
  /** Absolute path of the directory with the outputs under their fixed names. */
  readonly directory: string;
  readonly outputs: readonly Output[];
  /** The image it was built in, as the engine knows it. */
  readonly builder: string;
  /** The same with its id and digests. */
  readonly builtIn: UsedImage;
  readonly milliseconds: number;
}

/** A packed image in an engine. */
export interface Image {
  readonly format: 1;
  /** The engine's image id (`sha256:…`). Not a digest: never sent to a registry or compared with one. */
  readonly id: string;
  readonly repository: Repository;
  /** Its names in further registries that it is pushed to as well. Undefined: there are none. */
  readonly also?: readonly Repository[];
  readonly tags: readonly Tag[];
  /** The tags that the version may take over in the registry; undefined: none. */
  readonly moving?: readonly MovingTag[];
  readonly version: string;
  readonly kind: string;
  /** Bytes, as the engine counts them (uncompressed). */
  readonly size: number;
  readonly revision?: string;
  /** Undefined for an image that was found in the engine: how it was built is not known then. */
  readonly origin?: ImageOrigin;
}

/** An image in a registry: the release file. */
export interface Release {
  readonly format: 1;
  readonly repository: Repository;
  readonly digest: Digest;
  readonly version: string;
  readonly tags: readonly Tag[];
  /** What became of the moving tags; undefined: the version has none, or none was to be moved. */
  readonly moving?: readonly MovedTag[];
  /** Bytes, uncompressed. */
  readonly size: number;
  readonly kind: string;
  /** Full commit id, where there was one. */
  readonly commit?: string;
  /** Where else it is, under the same tags; the digest may be another where another registry was pushed to by the engine. */
  readonly also?: readonly ReleasePlace[];
}

/** An image in one registry. */
export interface ReleasePlace {
  readonly repository: Repository;
  readonly digest: Digest;
  /** As `Release.moving`, in that registry. */
  readonly moving?: readonly MovedTag[];
}

/** How a deployment ended. */
export type Outcome =
  | 'succeeded'
  | 'nothing-to-do'
  /** Committed, and left to a controller that follows the repository: its rollout was not seen. */
  | 'handed-over'
  | 'rolled-back'
  | 'stuck'
  | 'superseded'
  | 'unknown';

/** A deployment that ended well, or was `proposed` as a pull request and not rolled out; every other end is a `deploy.*` failure. */
export interface Deployment {
  readonly format: 1;
  readonly environment: string;
  readonly target: string;
  readonly service: string;
  readonly image: string;
  readonly outcome: 'succeeded' | 'nothing-to-do' | 'handed-over' | 'proposed';
  /** What was seen: `2/2 tasks running for 5 s`. */
  readonly evidence: string;
  /** The deploy repository's commit; undefined where the template already had the image, or is only in the work tree. */
  readonly commit?: string;
  readonly milliseconds: number;
}

/** Freeze a value and all that it holds. */
export function freezeDeep<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freezeDeep(inner);
  }
  return value;
}
