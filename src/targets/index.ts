import type { Orchestrator, TemplateFormat } from '../core/target.js';
import { marathonTemplate } from './marathon/template.js';
import type { SwarmOptions } from './swarm/rollout.js';
import { swarmTemplate } from './swarm/template.js';

/** The rewriting half of every target, in the order in which a file is shown to them. */
export const templateFormats: readonly TemplateFormat[] = [swarmTemplate, marathonTemplate];

export type { SwarmOptions };
