import { shortenDigests, tryParseImageReference } from '../core/image-name.js';
import type { ActualService } from '../core/target.js';
import type { DeploymentRecord } from '../core/template-store.js';

/** A service as git has it, as it was recorded and as it is. */
export interface ServiceStatus {
  readonly environment: string;
  readonly service: string;
  readonly target: string;
  readonly template: string;
  /** The image that the template names. */
  readonly desired: string;
  /** The newest recorded deployment; undefined: none is known. */
  readonly recorded?: DeploymentRecord;
  readonly actual: Actual;
  /** In which ways these three differ, one sentence each; empty: they agree, as far as is known. */
  readonly drift: readonly string[];
}

/** What an orchestrator says of a service; or why nothing is known of it. */
export type Actual =
  | ({ readonly known: 'runs' } & ActualService)
  | { readonly known: 'absent' }
  | { readonly known: 'not'; readonly because: string };

/** Where desired, recorded and actual differ. Pure. An image without a digest is compared by its name. */
export function findDrift(desired: string, recorded: DeploymentRecord | undefined, actual: Actual): readonly string[] {
  return [...(recorded === undefined ? [] : recordDrift(desired, recorded)), ...actualDrift(desired, actual)];
}

function recordDrift(desired: string, { image, version, outcome }: DeploymentRecord): readonly string[] {
  if (!sameImage(image, desired))
    return [
      `the template names ${shortenDigests(desired)}, and ${version} was deployed last: it was changed by other means`,
    ];
  if (outcome === undefined)
    return [`nobody noted how the deployment of ${version} ended: it goes on, or its run died`];
  return outcome === 'stuck' || outcome === 'unknown' ? [`the deployment of ${version} ended ${outcome}`] : [];
}

function actualDrift(desired: string, actual: Actual): readonly string[] {
  switch (actual.known) {
    case 'not':
      return [];
    case 'absent':
      return [`the template names ${shortenDigests(desired)}, and the orchestrator has no such service`];
    case 'runs': {
      const others = actual.images.filter((image) => !sameImage(image, desired));
      const missing = actual.wanted - actual.running;
      return [
        ...(others.length > 0
          ? [`the template names ${shortenDigests(desired)}, and ${others.map(shortenDigests).join(' and ')} runs`]
          : []),
        ...(missing > 0 ? [`${actual.running} of ${actual.wanted} run: ${actual.state}`] : []),
      ];
    }
  }
}

/** By digest, where both have one. */
export function sameImage(left: string, right: string): boolean {
  if (left === right) return true;
  const [one, other] = [tryParseImageReference(left)?.digest, tryParseImageReference(right)?.digest];
  return one !== undefined && one === other;
}
