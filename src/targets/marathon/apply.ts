import type { RunContext } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import type { Clock } from '../clock.js';
import { differences } from './compare.js';
import { type Definition, withoutReadOnly } from './definition.js';
import { isBefore, type LiveService } from './live-service.js';
import type { JsonObject, LiveDeployment, MarathonClient, PutResult } from './marathon-client.js';
import { askPatiently, electionMilliseconds } from './patience.js';

/** What a PUT led to. */
export interface Applied {
  readonly change: 'created' | 'updated' | 'unchanged';
  readonly version: string;
  /** Undefined where Marathon's answer was lost and its deployment is over. */
  readonly deployment?: string;
  /** The definition as it was, ready to PUT. */
  readonly before?: JsonObject;
}

export interface ApplyOptions {
  readonly timeoutSeconds: number;
  readonly clock: Clock;
  readonly context: RunContext;
  /** Deployments that may be forced away: all others' (`any`), or these of our own. */
  readonly force: 'any' | readonly string[];
}

const pollMilliseconds = 1_000;
const lostAnswers = 5;

interface Stored {
  readonly live: LiveService | undefined;
  readonly definition: JsonObject | undefined;
  /** Of a group: Marathon plans no step for the new definition. */
  readonly isSameGroup: boolean;
}

/**
 * PUT the whole definition. A locked app is waited for, and forced only where that is allowed; a lost answer is judged by what Marathon
 * then has, so that nothing is deployed twice; a deployment that an earlier run of ours began is taken over. Marathon has no
 * compare-and-set: what somebody else stores between our reading and our PUT is overwritten, and told when it is seen. Throws
 * `deploy.refused` when the lock outlasts the deadline, `deploy.superseded`, `deploy.unknown`.
 */
export async function applyDefinition(
  marathon: MarathonClient,
  definition: Definition,
  options: ApplyOptions,
): Promise<Applied> {
  const { clock, context } = options;
  const deadline = clock.now() + options.timeoutSeconds * 1000;
  const before = await askPatiently(() => readStored(marathon, definition), clock, context.signal);
  let [lost, force, create] = [0, false, before.definition === undefined];
  for (;;) {
    const result = await marathon.put(definition.unit, definition.body, { force, create });
    if (result.state === 'accepted') return accept(marathon, definition, before, result, options);
    if (result.state === 'exists') create = false;
    if (result.state === 'locked') {
      const { deployments } = result;
      const ours = await askPatiently(() => takeOver(marathon, definition, deployments), clock, context.signal);
      if (ours !== undefined) return ours;
      const wasForced = force;
      force = mayForce(options.force, deployments);
      tellOfLock(definition, deployments, force && !wasForced, context);
      if (force && !wasForced) continue;
      if (clock.now() >= deadline) throw stillLocked(definition, deployments);
    }
    const landed = await reconcile(marathon, definition, before, result, options);
    if (typeof landed === 'object') return landed;
    if (result.state !== 'unknown') continue;
    if (landed === 'away' || ++lost >= lostAnswers) throw notTaken(definition, before, result.reason, landed);
  }
}

async function readStored(marathon: MarathonClient, { service, unit, body }: Definition): Promise<Stored> {
  const live = await marathon.find(service);
  const definition = await marathon.read(unit);
  const isSameGroup = unit.kind === 'group' && (await marathon.planGroup(unit.id, body)).length === 0;
  return { live, definition: definition && withoutReadOnly(definition), isSameGroup };
}

/** Marathon stores before it answers: what keeps its version had this definition already. */
async function accept(
  marathon: MarathonClient,
  definition: Definition,
  before: Stored,
  result: Extract<PutResult, { state: 'accepted' }>,
  options: ApplyOptions,
): Promise<Applied> {
  const { clock, context } = options;
  const now = await askPatiently(() => marathon.find(definition.service), clock, context.signal).catch(() => undefined);
  if (now === undefined && result.version === undefined) throw notKnown(definition);
  const version = result.version ?? now?.version ?? '';
  const deployment = result.deployment !== undefined && { deployment: result.deployment };
  if (before.isSameGroup) return { change: 'unchanged', version, ...deployment };
  if (before.definition === undefined) return { change: 'created', version, ...deployment };
  const kept = now !== undefined && now.version === before.live?.version && now.images.includes(definition.image);
  if (kept && definition.unit.kind !== 'group') {
    const ask = () => takeOver(marathon, definition, undefined);
    const ongoing = await askPatiently(ask, clock, context.signal).catch(() => undefined);
    return ongoing ?? { change: 'unchanged', version: now.version, ...deployment };
  }
  if (now !== undefined && isBefore(version, now.version)) throw superseded(definition, now);
  if (before.live !== undefined) await tellOfRace(marathon, definition, before.live.version, version, context);
  return { change: 'updated', version, ...deployment, before: before.definition };
}

/**
 * A deployment of just this definition that goes on already: an earlier run of ours, which was killed before it could note what it did.
 * What was there before, Marathon's own list of versions tells.
 */
async function takeOver(
  marathon: MarathonClient,
  definition: Definition,
  locks: readonly string[] | undefined,
): Promise<Applied | undefined> {
  const { service, unit } = definition;
  if (unit.kind === 'group') return undefined;
  const stored = await marathon.read(unit);
  const live = await marathon.find(service);
  if (stored === undefined || live === undefined || differences(stored, definition.body).length > 0) return undefined;
  const going = (await marathon.listDeployments()).find(
    ({ id, version, affects }) =>
      version === live.version && affects.includes(service.id) && (locks === undefined || locks.includes(id)),
  );
  if (going === undefined) return undefined;
  const earlier = (await marathon.listVersions(service)).filter((each) => isBefore(each, live.version)).at(-1);
  const before = earlier === undefined ? undefined : await marathon.readVersion(service, earlier);
  return {
    change: before === undefined ? 'created' : 'updated',
    version: live.version,
    deployment: going.id,
    ...(before && { before: withoutReadOnly(before) }),
  };
}

/** Nothing is sent again before Marathon could be asked what it made of the last one: at most a minute. */
async function reconcile(
  marathon: MarathonClient,
  definition: Definition,
  before: Stored,
  result: PutResult,
  { clock, context }: ApplyOptions,
): Promise<Applied | 'away' | 'not landed'> {
  const start = clock.now();
  for (;;) {
    await clock.sleep(pollMilliseconds, context.signal);
    const landed = await findLanded(marathon, definition, before, result.state !== 'locked');
    if (landed !== 'away' || clock.now() - start >= electionMilliseconds) return landed;
  }
}

/** What Marathon has after an answer that was lost, or while we waited for a lock. */
async function findLanded(
  marathon: MarathonClient,
  definition: Definition,
  before: Stored,
  isOurs: boolean,
): Promise<Applied | 'away' | 'not landed'> {
  const now = await marathon.find(definition.service).catch((): 'away' => 'away');
  if (now === 'away') return now;
  if (now === undefined || now.version === before.live?.version) return 'not landed';
  if (!now.images.includes(definition.image)) throw superseded(definition, now);
  if (!isOurs) return 'not landed';
  const deployments = await marathon.listDeployments().catch((): readonly LiveDeployment[] => []);
  const going = deployments.find(({ version, affects }) => version === now.version && affects.includes(now.id));
  return {
    change: before.live === undefined ? 'created' : 'updated',
    version: now.version,
    ...(going && { deployment: going.id }),
    ...(before.definition && { before: before.definition }),
  };
}

/** A version between the one that we read and ours was somebody else's, and ours has replaced it. */
async function tellOfRace(
  marathon: MarathonClient,
  { service }: Definition,
  read: string,
  ours: string,
  context: RunContext,
): Promise<void> {
  const versions = await marathon.listVersions(service).catch(() => []);
  const between = versions.filter((each) => isBefore(read, each) && isBefore(each, ours));
  if (between.length === 0) return;
  context.progress.warn(
    `Somebody else changed '${service.id}' at the same moment (version ${between.join(', ')}), and this rollout has replaced it: Marathon cannot compare before it stores`,
  );
}

function mayForce(force: ApplyOptions['force'], locks: readonly string[]): boolean {
  return force === 'any' || (force.length > 0 && locks.every((each) => force.includes(each)));
}

function tellOfLock({ unit }: Definition, locks: readonly string[], force: boolean, context: RunContext): void {
  const by = `deployment ${locks.join(', ')}`;
  if (force) context.progress.warn(`deploy ${unit.id}: locked by ${by}, which is forced away`);
  else context.progress.status(`deploy ${unit.id}: locked by ${by}, waiting`);
}

function stillLocked({ unit }: Definition, deployments: readonly string[]): Failure {
  return new Failure('deploy.refused', {
    message: `'${unit.id}' is still locked by another deployment (${deployments.join(', ')})`,
    where: unit.id,
    remedy:
      'Wait for it, or end it in Marathon; Slipway forces its way past another deployment only where the environment says force: true.',
    candidates: deployments,
  });
}

function superseded({ unit }: Definition, now: LiveService): Failure {
  return new Failure('deploy.superseded', {
    message: `Somebody else changed '${unit.id}' meanwhile: its image is now ${now.images.join(', ') || 'none'}`,
    remedy: 'Deploy again if this version is the one that shall run.',
  });
}

function notTaken({ unit }: Definition, before: Stored, reason: string, seen: 'away' | 'not landed'): Failure {
  const away = seen === 'away';
  return new Failure(away ? 'deploy.unknown' : 'deploy.orchestrator', {
    message: away
      ? `The definition of '${unit.id}' was sent, and Marathon cannot be asked what it made of it: ${reason}`
      : `Marathon does not take the definition of '${unit.id}': ${reason}`,
    where: unit.id,
    remedy: `Run the same deployment again when Marathon answers: the version that was there is ${before.live?.version ?? 'none'}, and nothing is deployed twice.`,
  });
}

function notKnown({ unit }: Definition): Failure {
  return new Failure('deploy.unknown', {
    message: `Marathon took the definition of '${unit.id}', and could not be asked what it made of it`,
    where: unit.id,
    remedy: 'Run the same deployment again: nothing is deployed twice.',
  });
}
