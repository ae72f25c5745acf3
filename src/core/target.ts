import type { RunContext } from './engine.js';
import type { DeploymentPlan } from './plan.js';

/** One service found in a deploy template. */
export interface TemplateService {
  /** The target's own id for it: a Compose service key, a Marathon app id. */
  readonly id: string;
  /** Other names that it answers to, where only one service does: `Deployment/web`, a Marathon id without its slash. */
  readonly names?: readonly string[];
  /** The image; undefined where the service has none or it is not a plain text. */
  readonly image?: string;
  /** The image as it stands in the file, where that is no plain text: `app:${TAG}`. */
  readonly written?: string;
  /** 1-based line of the image. */
  readonly line: number;
}

/** One value of a service that is to be changed. */
export interface TemplateEdit {
  /** `image`, or a path in the service in the target's own words: `instances`, `env.LOG_LEVEL`, `labels.version`. */
  readonly path: string;
  /**
   * Typed by what stands there, or by the target's schema: `3` is a number for `instances` and a text in `env`. A list or map is JSON and
   * replaces the whole value.
   */
  readonly value: string;
}

/** A value that a rewrite changed or added, for a diff and a commit's message. */
export interface TemplateChange {
  readonly path: string;
  /** 1-based line in the new text. */
  readonly line: number;
  /** As written before; undefined: it was not there. */
  readonly before?: string;
  readonly after: string;
}

/** What a rewrite made of a template. */
export interface RewrittenTemplate {
  readonly text: string;
  /** In the order of the edits; an edit can be several changes (a kustomization's `newTag` and `digest`), or none. */
  readonly changes: readonly TemplateChange[];
}

/** The rewriting half of a target: pure, text in and text out. */
export interface TemplateFormat {
  /** Name of the target: `swarm`, `marathon`. */
  readonly name: string;
  readonly title: string;
  /**
   * Undefined: not a template of this target. `chosen`: a person named the target, so that the file's name need not tell (any YAML
   * can be Helm values). Throws `deploy.template-invalid` when it is one, and broken.
   */
  read(path: string, text: string, chosen?: boolean): readonly TemplateService[] | undefined;
  /**
   * The text with values of one service set, one after another: every other byte as it was, proved by parsing again. What is so
   * already is no change; without any the text is the same. `service`: an id or another name of it. Throws `deploy.no-match` for
   * a service, an image or a path that is not there, `deploy.ambiguous-match` for several, and for an edit that would also change something
   * else (an anchor, a merge key), `deploy.template-invalid`; `settings.invalid` for a value that is none.
   */
  rewrite(path: string, text: string, service: string, edits: readonly TemplateEdit[]): RewrittenTemplate;
}

/** What a rollout has to work with. */
export interface RolloutJob {
  readonly plan: DeploymentPlan;
  /** The rewritten template, whole. */
  readonly template: string;
  /** `repository:tag@digest`. */
  readonly image: string;
}

export interface RolloutResult {
  readonly outcome: 'succeeded' | 'nothing-to-do' | 'handed-over';
  /** What was seen: `2/2 tasks running for 5 s`. */
  readonly evidence: string;
}

/** What `apply` did. Plain JSON data without secrets: a journal keeps it, so that another process can watch or undo. */
export interface AppliedRollout {
  readonly change: 'created' | 'updated' | 'unchanged';
  /** What the orchestrator calls the rollout: a deployment id, a version, a spec's index. */
  readonly reference: Readonly<Record<string, string>>;
  /** The orchestrator's definition as it was before, so that `undo` can put it back; undefined: there was none, or nothing changed. */
  readonly before?: unknown;
}

/** What a rollout would change on the orchestrator, asked of it before anything is changed. */
export interface RolloutPreview {
  readonly change: 'create' | 'update' | 'none';
  /** `server`: the orchestrator planned it itself (Marathon's dryRun, Kubernetes' server-side apply); `compared`: its definition against ours. */
  readonly by: 'server' | 'compared';
  /** Lines for a person: `image  a:1 → a:2`; secrets masked. */
  readonly lines: readonly string[];
}

/** What an orchestrator has of a service right now. */
export interface ActualService {
  /** Images of the tasks or containers that run, each once; with digest where the orchestrator knows it. */
  readonly images: readonly string[];
  readonly running: number;
  readonly wanted: number;
  /** `steady`, or what is going on: `updating`, `3 tasks pending: no suitable node`. */
  readonly state: string;
}

/**
 * The acting half of a target: makes the orchestrator run what the template says, waits until it does, and goes back. One
 * object serves several jobs; none of its methods keeps anything between calls but connections.
 */
export interface Orchestrator {
  readonly name: string;
  /** Throws `deploy.template-invalid` or `deploy.unsupported` for what could never be rolled out, before anything is built. */
  check(plan: DeploymentPlan, template: string): void;
  /** Reads only. Throws `deploy.orchestrator`. */
  preview?(job: RolloutJob, context: RunContext): Promise<RolloutPreview>;
  /**
   * Make it so, and return as soon as the orchestrator has accepted; done before, it is `unchanged`. A reply that is lost is
   * judged by what the orchestrator then has: nothing is deployed twice. Throws `deploy.refused` and `deploy.orchestrator` where
   * nothing was changed, `deploy.superseded`, `deploy.unknown`.
   */
  apply(job: RolloutJob, context: RunContext): Promise<AppliedRollout>;
  /**
   * Wait until all of the service runs the job's image and is well, for a while; `plan.timeoutSeconds` from now. Throws
   * `deploy.rolled-back` (the orchestrator itself went back), `deploy.stuck`, `deploy.superseded`, `deploy.unknown`.
   */
  watch(job: RolloutJob, applied: AppliedRollout, context: RunContext): Promise<RolloutResult>;
  /**
   * Put back what `apply` found, and wait until it runs; nothing is removed where there was nothing before. Safe to repeat. Throws
   * as `watch`; `deploy.refused` where there is nothing to go back to.
   */
  undo?(job: RolloutJob, applied: AppliedRollout, context: RunContext): Promise<RolloutResult>;
  /** What runs now; undefined: the orchestrator has no such service. Throws `deploy.orchestrator`. */
  observe?(plan: DeploymentPlan, template: string, context: RunContext): Promise<ActualService | undefined>;
}
