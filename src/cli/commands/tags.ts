import type { VersionDecision } from '../../versions/decide-version.js';
import type { RuleReport } from '../../versions/rules.js';
import { readVersion } from '../read-version.js';
import type { CommandResult } from '../result.js';
import type { World } from '../world.js';

/** `slipway tags`: the version and its tags, and with `--explain` every rule. */
export async function runTags(world: World): Promise<CommandResult> {
  const { decision } = await readVersion(world);
  const { version, tags } = decision.plan;
  return {
    text: formatTags(decision, world.options.explain),
    json: tagsJson(decision),
    outputs: { version, tags: tags.join(',') },
  };
}

interface ListedTag {
  readonly tag: string;
  readonly moving: boolean;
  readonly because: string;
}

/** The contract of `slipway tags --json`, format 1. */
export function tagsJson(decision: VersionDecision): object {
  const { plan, labels, explain } = decision;
  return { format: 1, version: plan.version, tags: listTags(decision), labels, explain };
}

function listTags({ plan }: VersionDecision): readonly ListedTag[] {
  return [
    ...plan.tags.map((tag) => ({ tag, moving: false, because: plan.because })),
    ...(plan.moving ?? []).map(({ tag, because }) => ({ tag, moving: true, because })),
  ];
}

function formatTags(decision: VersionDecision, explain: boolean): string {
  const tags = listTags(decision);
  const width = Math.max(...tags.map(({ tag }) => tag.length));
  return [
    ...tags.map(
      ({ tag, moving, because }) => `${tag.padEnd(width)}  ${moving ? 'moving   ' : 'immutable'}  ${because}`,
    ),
    ...(explain ? ['', `version ${decision.plan.version}`, '', ...formatRules(decision.explain)] : []),
    '',
  ].join('\n');
}

function formatRules(rules: readonly RuleReport[]): readonly string[] {
  const width = Math.max(...rules.map(({ rule }) => rule.length));
  return rules.map(({ rule, fired, because }) => `${fired ? 'yes' : ' no'}  ${rule.padEnd(width)}  ${because}`);
}
