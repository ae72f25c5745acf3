import { Failure } from '../core/failure.js';
import type { DeploymentRecord } from '../core/template-store.js';

/** Where a rollback starts and where it goes. */
export interface RollbackChoice {
  /** The newest record: what is taken back. Undefined: what is there was never recorded. */
  readonly present: DeploymentRecord | undefined;
  readonly target: DeploymentRecord;
}

/**
 * The last deployment that went well before the present one; of a service that was rolled back already, the one before that which it
 * was rolled back to. `records` are one service's, newest first; `image` is the one that the template has. With `to`, the newest
 * that went well of that version. Pure. Throws `deploy.no-match` with the versions there are.
 */
export function chooseRollback(
  records: readonly DeploymentRecord[],
  image: string,
  wanted: { readonly environment: string; readonly service: string; readonly to?: string },
): RollbackChoice {
  const [present] = records;
  const good = records.filter((record) => isGood(record) && record.image !== image);
  if (wanted.to !== undefined) {
    const target = good.find((record) => record.version === wanted.to);
    if (target) return { present, target };
    throw nothing(
      wanted,
      `No deployment of ${wanted.service} ${wanted.to} to ${wanted.environment} that went well is recorded`,
      good,
    );
  }
  const older = records.slice(startOf(records, image));
  const target = older.find((record) => good.includes(record));
  if (target) return { present, target };
  throw nothing(
    wanted,
    `There is nothing to go back to: no deployment of ${wanted.service} to ${wanted.environment} before the present one is recorded that went well`,
    good,
  );
}

/** What is older than the deployment that first brought what runs: a record that only went back to it is passed over. */
function startOf(records: readonly DeploymentRecord[], image: string): number {
  let at = records.findIndex((record) => record.image === image);
  if (at < 0) return 0;
  while (records[at]?.rollbackOf !== undefined) {
    const original = records.findIndex((record, index) => index > at && record.image === image);
    if (original < 0) break;
    at = original;
  }
  return at + 1;
}

function nothing(
  { environment, service }: { readonly environment: string; readonly service: string },
  message: string,
  good: readonly DeploymentRecord[],
): Failure {
  const versions = [
    ...new Set(good.map((record) => `${record.version} (${record.at}, ${record.commit.slice(0, 12)})`)),
  ];
  return new Failure('deploy.no-match', {
    message,
    where: `${environment}/${service}`,
    remedy:
      versions.length > 0
        ? 'Name one of these with --to, or see slipway history.'
        : 'See slipway history; an older release is deployed with slipway deploy --release FILE --allow-older.',
    ...(versions.length > 0 && { candidates: versions.slice(0, 20) }),
  });
}

/** What a GitOps controller was left with is as good as is known. */
function isGood({ outcome }: DeploymentRecord): boolean {
  return outcome === 'succeeded' || outcome === 'handed-over';
}
