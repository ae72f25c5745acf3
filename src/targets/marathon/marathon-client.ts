import { z } from 'zod';
import { withDeadline } from '../../core/deadline.js';
import { describeError, Failure } from '../../core/failure.js';
import { authorization, type MarathonCredentials } from './credentials.js';
import {
  acceptedSchema,
  appSchema,
  deploymentsSchema,
  describeBody,
  type LiveApp,
  lockedSchema,
  queueSchema,
} from './marathon-replies.js';

/** What became of a PUT. */
type PutResult =
  | { readonly state: 'accepted'; readonly version: string; readonly deployment: string }
  /** Another deployment of the app is going on. */
  | { readonly state: 'locked'; readonly deployments: readonly string[] }
  /** No answer, or one of a leader that was leaving: it may have been carried out. */
  | { readonly state: 'unknown'; readonly reason: string };

/** The calls a rollout needs. All throw `deploy.orchestrator`, or `deploy.refused` for a definition that is refused. */
export interface MarathonClient {
  findApp(id: string): Promise<LiveApp | undefined>;
  putApp(id: string, definition: unknown): Promise<PutResult>;
  listDeployments(): Promise<readonly string[]>;
  /** Why offers were declined for the app (`InsufficientMemory ×12`); empty when the queue says nothing. */
  explainQueue(id: string): Promise<readonly string[]>;
}

/** Marathon could not be asked just now: no answer, or no leader. */
export class MarathonAway extends Error {}

export interface MarathonConnection {
  /** Base address, e.g. `https://marathon.example.com/`. */
  readonly url: string;
  readonly credentials: () => Promise<MarathonCredentials | undefined>;
  readonly signal: AbortSignal;
}

/** REST calls by the published API (RAML of `/v2/apps`, `/v2/deployments`, `/v2/queue`). */
export function openMarathon(connection: MarathonConnection): MarathonClient {
  const call = (method: string, path: string, body?: unknown) => callMarathon(connection, method, path, body);
  return {
    async findApp(id) {
      const embed = ['app.tasks', 'app.deployments', 'app.lastTaskFailure'].map((each) => `embed=${each}`).join('&');
      const answer = await call('GET', `v2/apps${encodeId(id)}?${embed}`);
      if (answer.status === 404) return undefined;
      return readAnswer(connection, answer, z.looseObject({ app: appSchema })).app;
    },
    async putApp(id, definition) {
      let answer: Answer;
      try {
        answer = await call('PUT', `v2/apps${encodeId(id)}?partialUpdate=false`, definition);
      } catch (error) {
        if (error instanceof MarathonAway) return { state: 'unknown', reason: error.message };
        throw error;
      }
      const locked = answer.status === 409 ? lockedSchema.safeParse(answer.body) : undefined;
      if (locked?.success) return { state: 'locked', deployments: locked.data.deployments.map((each) => each.id) };
      const accepted = readAnswer(connection, answer, acceptedSchema);
      return { state: 'accepted', version: accepted.version, deployment: accepted.deploymentId };
    },
    async listDeployments() {
      return readAnswer(connection, await call('GET', 'v2/deployments'), deploymentsSchema).map((each) => each.id);
    },
    async explainQueue(id) {
      const { queue } = readAnswer(connection, await call('GET', 'v2/queue'), queueSchema);
      const reasons = queue.find((each) => each.app?.id === id)?.processedOffersSummary?.rejectSummaryLastOffers ?? [];
      return reasons.filter((each) => each.declined > 0).map((each) => `${each.reason} ×${each.declined}`);
    },
  };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function callMarathon(
  connection: MarathonConnection,
  method: string,
  path: string,
  body: unknown,
): Promise<Answer> {
  const credentials = await connection.credentials();
  const headers = {
    Accept: 'application/json',
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...(credentials && { Authorization: authorization(credentials) }),
  };
  try {
    const url = new URL(path, connection.url.endsWith('/') ? connection.url : `${connection.url}/`);
    const request = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const { status, text } = await withDeadline(30_000, connection.signal, async (signal) => {
      const reply = await fetch(url, { ...request, signal });
      return { status: reply.status, text: await reply.text() };
    });
    if (status >= 502 && status <= 504) throw new MarathonAway(`Marathon answers ${status} (no leader, or overloaded)`);
    return { status, body: parseJson(text) };
  } catch (error) {
    connection.signal.throwIfAborted();
    if (error instanceof MarathonAway) throw error;
    throw new MarathonAway(`Marathon does not answer: ${describeFetchError(error)}`, { cause: error });
  }
}

/** Whatever is no success becomes its failure; a success of another shape than the API's is one, too. */
function readAnswer<T>(connection: MarathonConnection, answer: Answer, schema: z.ZodType<T>): T {
  if (answer.status < 200 || answer.status > 299) throw refusal(connection, answer);
  const parsed = schema.safeParse(answer.body);
  if (parsed.success) return parsed.data;
  throw new Failure('deploy.orchestrator', {
    message: 'What answers there is not a Marathon: its reply has another form',
    where: connection.url,
    remedy: "Set 'url' to Marathon's own address (with its path, behind DC/OS: /service/marathon).",
    cause: parsed.error,
  });
}

function refusal(connection: MarathonConnection, { status, body }: Answer): Failure {
  const said = describeBody(body);
  const where = connection.url;
  if (status === 401 || status === 403) {
    return new Failure('deploy.orchestrator', {
      message: `Marathon refuses with ${status}: ${said}`,
      where,
      remedy:
        'Set SLIPWAY_MARATHON_TOKEN, or SLIPWAY_MARATHON_USER and SLIPWAY_MARATHON_PASSWORD, of somebody who may deploy this app.',
    });
  }
  const isDefinition = status === 400 || status === 409 || status === 422;
  return new Failure(isDefinition ? 'deploy.refused' : 'deploy.orchestrator', {
    message: isDefinition
      ? `Marathon refuses the definition (${status}): ${said}`
      : `Marathon answers ${status}: ${said}`,
    where,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describeFetchError(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return describeError(cause);
}

function encodeId(id: string): string {
  return id.split('/').map(encodeURIComponent).join('/');
}
