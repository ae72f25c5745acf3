import type { DeclaredService } from '../core/declared-service.js';

/** Something in an environment's templates that a person should look at. */
export interface Finding {
  /** Name of the rule, for `--ignore`. */
  readonly rule: string;
  /** An error stops a rollout or breaks another service; a warning may be meant. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** `path:line`. */
  readonly where: string;
  readonly service: string;
  readonly remedy: string;
}

/** What the machines of an environment have, as the settings declare it. */
export interface Capacity {
  readonly nodes?: number;
  /** Processors of one node. */
  readonly cpus?: number;
  /** Bytes of one node. */
  readonly memory?: number;
}

/** All services of one environment. */
export interface DeclaredEnvironment {
  readonly services: readonly DeclaredService[];
  readonly capacity: Capacity;
}

/** One thing that is looked for. Pure. */
export interface Rule {
  readonly name: string;
  /** What is wrong when it finds something, as a sentence of the documentation. */
  readonly about: string;
  readonly find: (environment: DeclaredEnvironment) => readonly Omit<Finding, 'rule'>[];
}

/** The place of a line in a service's template. */
export function placeOf(
  service: DeclaredService,
  line = service.line,
): { readonly where: string; readonly service: string } {
  return { where: `${service.path}:${line}`, service: service.id };
}
