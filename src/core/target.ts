import type { RunContext } from './engine.js';
import type { DeploymentPlan } from './plan.js';

/** One service found in a deploy template. */
export interface TemplateService {
  /** The target's own id for it: a Compose service key, a Marathon app id. */
  readonly id: string;
  /** The image as written; undefined where the service has none or it is not a plain text. */
  readonly image?: string;
  /** 1-based line of the image. */
  readonly line: number;
}

/** The rewriting half of a target: pure, text in and text out. */
export interface TemplateFormat {
  /** Name of the target: `swarm`, `marathon`. */
  readonly name: string;
  readonly title: string;
  /** Undefined: not a template of this target. Throws `deploy.template-invalid` when it is one, and broken. */
  read(path: string, text: string): readonly TemplateService[] | undefined;
  /**
   * The text with the service's image replaced, every other byte as it was, proved by parsing again. The same image is
   * the same text. Throws `deploy.no-match`, `deploy.ambiguous-match`, `deploy.template-invalid`.
   */
  rewriteImage(path: string, text: string, service: string, image: string): string;
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
  readonly outcome: 'succeeded' | 'nothing-to-do';
  readonly evidence: string;
}

/** The acting half of a target: makes the orchestrator run what the template says, and waits until it does. */
export interface Orchestrator {
  readonly name: string;
  /** Throws `deploy.template-invalid` or `deploy.unsupported` for what could never be rolled out, before anything is built. */
  check(plan: DeploymentPlan, template: string): void;
  /** Throws `deploy.failed`, `deploy.timeout`, `deploy.orchestrator`. */
  rollOut(job: RolloutJob, context: RunContext): Promise<RolloutResult>;
}
