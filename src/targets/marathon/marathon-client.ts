import { z } from 'zod';
import { Failure } from '../../core/failure.js';
import { type Answer, MarathonAway } from './http-call.js';
import { type LiveService, liveApp, livePod, type ServiceId } from './live-service.js';
import {
  acceptedSchema,
  appSchema,
  deploymentsSchema,
  describeBody,
  hostsSchema,
  leaderSchema,
  lockedSchema,
  objectSchema,
  podStatusSchema,
  queueSchema,
  stepsSchema,
  versionsSchema,
} from './marathon-replies.js';
import { type MarathonConnection, type MarathonSession, openSession } from './session.js';

/** What a definition is PUT as. */
export interface UnitId {
  readonly kind: 'app' | 'pod' | 'group';
  readonly id: string;
}

/** What became of a PUT. */
export type PutResult =
  /** `version`: undefined for a pod, whose answer is the pod; its id is in a header. */
  | { readonly state: 'accepted'; readonly version?: string; readonly deployment?: string }
  /** Other deployments of it are going on. */
  | { readonly state: 'locked'; readonly deployments: readonly string[] }
  /** It was to be created, and is there. */
  | { readonly state: 'exists' }
  /** No answer, or one of a leader that was leaving: it may have been carried out. */
  | { readonly state: 'unknown'; readonly reason: string };

export interface LiveDeployment {
  readonly id: string;
  readonly version?: string;
  /** Apps and pods that it changes. */
  readonly affects: readonly string[];
}

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The calls a rollout needs. All throw `MarathonAway` where Marathon cannot be asked just now, and `deploy.orchestrator` where
 * it refuses or something else answers; `put` throws `deploy.refused` for a definition that is refused.
 */
export interface MarathonClient {
  readonly session: MarathonSession;
  find(service: ServiceId): Promise<LiveService | undefined>;
  /** The stored definition; undefined: there is none. */
  read(unit: UnitId): Promise<JsonObject | undefined>;
  put(
    unit: UnitId,
    definition: unknown,
    options: { readonly force: boolean; readonly create: boolean },
  ): Promise<PutResult>;
  /** What a PUT of this group would do: `RestartApplication /shop/web`, in order. */
  planGroup(id: string, definition: unknown): Promise<readonly { readonly action: string; readonly id: string }[]>;
  listDeployments(): Promise<readonly LiveDeployment[]>;
  /** Versions of an app or pod, oldest first. */
  listVersions(service: ServiceId): Promise<readonly string[]>;
  readVersion(service: ServiceId, version: string): Promise<JsonObject | undefined>;
  /** Why nothing is launched for it (`InsufficientMemory: 12 of 12 offers declined`); empty when the queue says nothing. */
  explainQueue(id: string): Promise<readonly string[]>;
  /** Hosts on which some app's task runs: at least so many agents there are. */
  listHosts(): Promise<ReadonlySet<string>>;
  /** `host:port` of the leader. */
  findLeader(): Promise<string>;
}

/** REST calls by the published API (RAML of `/v2/apps`, `/v2/pods`, `/v2/groups`, `/v2/deployments`, `/v2/queue`). */
export function openMarathon(connection: MarathonConnection): MarathonClient {
  const session = openSession(connection);
  const get = async <T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    const answer = await session.call('GET', path);
    return isMissing(answer) ? undefined : readAnswer(connection.url, answer, schema);
  };
  const list = async <T>(path: string, schema: z.ZodType<T>): Promise<T> =>
    readAnswer(connection.url, await session.call('GET', path), schema);
  return {
    session,
    find: (service) => findService(get, service),
    read: (unit) => get(pathOf(unit), unit.kind === 'app' ? wrappedApp : objectSchema),
    put: (unit, definition, options) => put(session, unit, definition, options),
    async planGroup(id, definition) {
      const answer = await session.call('PUT', `v2/groups${encodeId(id)}?dryRun=true`, definition);
      const { steps } = readAnswer(connection.url, answer, stepsSchema);
      return steps.flatMap(({ actions }) =>
        actions.map((each) => ({ action: each.action ?? each.type ?? '', id: each.app ?? each.pod ?? '' })),
      );
    },
    async listDeployments() {
      const listed = await list('v2/deployments', deploymentsSchema);
      return listed.map(({ id, version, affectedApps, affectedPods }) => ({
        id,
        ...(version !== undefined && { version }),
        affects: [...(affectedApps ?? []), ...(affectedPods ?? [])],
      }));
    },
    async listVersions(service) {
      const path = service.kind === 'app' ? `${pathOf(service)}/versions` : `${pathOf(service)}::versions`;
      const listed = (await get(path, versionsSchema)) ?? [];
      return [...('versions' in listed ? listed.versions : listed)].sort((a, b) => Date.parse(a) - Date.parse(b));
    },
    readVersion(service, version) {
      const between = service.kind === 'app' ? '/versions/' : '::versions/';
      return get(`${pathOf(service)}${between}${encodeURIComponent(version)}`, objectSchema);
    },
    async explainQueue(id) {
      const { queue } = await list('v2/queue', queueSchema);
      const entry = queue.find((each) => each.app?.id === id || each.pod?.id === id);
      return entry === undefined ? [] : explainEntry(entry);
    },
    async listHosts() {
      const { tasks } = await list('v2/tasks', hostsSchema);
      return new Set(tasks.flatMap(({ host }) => host ?? []));
    },
    findLeader: async () => (await list('v2/leader', leaderSchema)).leader,
  };
}

const wrappedApp = z.looseObject({ app: objectSchema }).transform(({ app }) => app);

async function findService(
  get: <T>(path: string, schema: z.ZodType<T>) => Promise<T | undefined>,
  service: ServiceId,
): Promise<LiveService | undefined> {
  if (service.kind === 'pod') {
    const status = await get(`${pathOf(service)}::status`, podStatusSchema);
    return status && livePod(status);
  }
  const embed = ['tasks', 'deployments', 'readiness', 'lastTaskFailure'].map((each) => `embed=app.${each}`).join('&');
  const found = await get(`${pathOf(service)}?${embed}`, z.looseObject({ app: appSchema }));
  return found && liveApp(found.app);
}

async function put(
  session: MarathonSession,
  unit: UnitId,
  definition: unknown,
  { force, create }: { readonly force: boolean; readonly create: boolean },
): Promise<PutResult> {
  // Apps and groups are created by a PUT, too; a pod that is not there only by a POST.
  const isNewPod = unit.kind === 'pod' && create;
  const query = new URLSearchParams({
    ...(unit.kind === 'app' && { partialUpdate: 'false' }),
    ...(force && { force: 'true' }),
  }).toString();
  const path = `${isNewPod ? 'v2/pods' : pathOf(unit)}${query === '' ? '' : `?${query}`}`;
  let answer: Answer;
  try {
    answer = await session.call(isNewPod ? 'POST' : 'PUT', path, definition);
  } catch (error) {
    if (error instanceof MarathonAway) return { state: 'unknown', reason: error.message };
    throw error;
  }
  if (answer.status === 409) {
    // Only a lock has deployments in its answer; "already exists" has none.
    const locked = lockedSchema.safeParse(answer.body);
    if (locked.success) return { state: 'locked', deployments: locked.data.deployments.map(({ id }) => id) };
    if (isNewPod) return { state: 'exists' };
  }
  if (answer.status === 500) return { state: 'unknown', reason: `Marathon answers 500: ${describeBody(answer.body)}` };
  if (answer.status < 200 || answer.status > 299) throw refusal(session.connection.url, answer);
  const accepted = acceptedSchema.safeParse(answer.body);
  const deployment = answer.headers.get('marathon-deployment-id') ?? undefined;
  if (accepted.success)
    return { state: 'accepted', version: accepted.data.version, deployment: accepted.data.deploymentId };
  if (unit.kind === 'pod' && deployment !== undefined) return { state: 'accepted', deployment };
  return { state: 'unknown', reason: 'its answer to the definition cannot be read' };
}

function explainEntry(entry: z.infer<typeof queueSchema>['queue'][number]): readonly string[] {
  const left = entry.delay?.overdue === false ? entry.delay.timeLeftSeconds : undefined;
  const rejected = entry.processedOffersSummary?.rejectSummaryLastOffers ?? [];
  return [
    ...rejected
      .filter(({ declined }) => declined > 0)
      .map(({ reason, declined, processed }) => {
        const of = processed === undefined ? '' : ` of ${Math.max(processed, declined)}`;
        return `${reason}: ${declined}${of} offers declined`;
      }),
    ...(left ? [`launching waits ${left} s after tasks that failed`] : []),
  ];
}

/** Marathon says in JSON that it does not have something; a proxy's page says nothing about it. */
function isMissing({ status, body }: Answer): boolean {
  return status === 404 && z.looseObject({ message: z.string() }).safeParse(body).success;
}

/** Whatever is no success becomes its failure; a success of another shape than the API's is one, too. */
function readAnswer<T>(where: string, answer: Answer, schema: z.ZodType<T>): T {
  if (answer.status < 200 || answer.status > 299) throw refusal(where, answer);
  const parsed = schema.safeParse(answer.body);
  if (parsed.success) return parsed.data;
  throw new Failure('deploy.orchestrator', {
    message: 'What answers there is not a Marathon: its reply has another form',
    where,
    remedy: "Set 'url' to Marathon's own address (with its path, behind DC/OS: /service/marathon).",
    cause: parsed.error,
  });
}

function refusal(where: string, { status, body, headers }: Answer): Failure {
  const said = describeBody(body);
  if (status === 401 || status === 403) {
    return new Failure('deploy.orchestrator', {
      message: `Marathon refuses with ${status}: ${said}`,
      where,
      remedy:
        status === 403
          ? 'Let this login change the app, or wait: Marathon answers so where too many deployments run, too.'
          : 'Set SLIPWAY_MARATHON_TOKEN, or SLIPWAY_MARATHON_USER and SLIPWAY_MARATHON_PASSWORD, of somebody who may deploy this app.',
    });
  }
  if (status >= 300 && status <= 399) {
    return new Failure('deploy.orchestrator', {
      message: `Marathon's address sends on to ${headers.get('location') ?? 'another one'}`,
      where,
      remedy: "Set 'url' to the address it sends on to, if the login may go there.",
    });
  }
  const isDefinition = status === 400 || status === 409 || status === 422;
  const remedy = !isDefinition && {
    remedy: "Check 'url': behind DC/OS, Marathon's address ends in /service/marathon.",
  };
  return new Failure(isDefinition ? 'deploy.refused' : 'deploy.orchestrator', {
    message: isDefinition
      ? `Marathon refuses the definition (${status}): ${said}`
      : `Marathon answers ${status}: ${said}`,
    where,
    ...remedy,
  });
}

function pathOf({ kind, id }: UnitId): string {
  return `v2/${kind}s${encodeId(id)}`;
}

function encodeId(id: string): string {
  return id.split('/').map(encodeURIComponent).join('/');
}
