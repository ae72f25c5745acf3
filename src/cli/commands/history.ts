import { Failure } from '../../core/failure.js';
import { shortenDigests } from '../../core/image-name.js';
import type { DeploymentRecord } from '../../core/template-store.js';
import { openStore } from '../deploy-site.js';
import { chosenEnvironments } from '../environment-services.js';
import type { CommandResult } from '../result.js';
import type { World } from '../world.js';

/** `slipway history`: the recorded deployments of an environment, or of all, newest first. */
export async function runHistory(world: World): Promise<CommandResult> {
  const limit = parseLimit(world.options.limit);
  const { service } = world.options;
  const records: DeploymentRecord[] = [];
  for (const { name, source } of await chosenEnvironments(world)) {
    const store = await openStore(world, source);
    try {
      records.push(...(await store.history({ environment: name, ...(service !== undefined && { service }), limit })));
    } finally {
      await store.close();
    }
  }
  const newest = records.sort((left, right) => (left.at < right.at ? 1 : left.at > right.at ? -1 : 0)).slice(0, limit);
  return {
    text: newest.length === 0 ? 'No deployment is recorded.\n' : newest.map(formatRecord).join(''),
    json: { format: 1, deployments: newest },
  };
}

function parseLimit(text = '20'): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new Failure('settings.usage', {
    message: `--limit must be a number from 1 on, and not '${text}'`,
    remedy: 'For example --limit 100.',
  });
}

function formatRecord(record: DeploymentRecord): string {
  const how =
    record.rollbackOf === undefined ? '' : record.pinned ? ', a rollback, pinned' : ', put back after a failure';
  const evidence =
    record.evidence === undefined || record.evidence === '' ? '' : `\n    ${shortenDigests(record.evidence)}`;
  const by = `${record.author}, ${record.commit.slice(0, 12)}${record.run === undefined ? '' : `, ${record.run}`}`;
  return `${record.at}  ${record.environment}/${record.service}  ${record.version}  ${record.outcome ?? 'no outcome'}${how}  (${by})${evidence}\n`;
}
