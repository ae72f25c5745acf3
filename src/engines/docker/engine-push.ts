import type Docker from 'dockerode';
import type { RunContext } from '../../core/engine.js';
import { numberMember, textMember } from '../../formats/json-member.js';
import { type Credential, registryAuth } from '../../registry/credentials.js';
import { unlessAborted } from './cleanup.js';
import { engineMessage, isLost } from './engine-error.js';
import { formatProgress } from './images.js';
import { readJsonLines } from './json-lines.js';

/** How the engine's push of one tag ended. */
export type EnginePush =
  | { readonly pushed: true; readonly digest: string | undefined }
  /** `retried`: the engine has tried a layer several times itself, for most of a minute, before it gave up. */
  | { readonly pushed: false; readonly error: string; readonly retried: boolean };

/** Have the engine push one tag. An error is in the stream, which ends well all the same. */
export async function pushTag(
  docker: Docker,
  repository: string,
  tag: string,
  credential: Credential | undefined,
  context: RunContext,
): Promise<EnginePush> {
  try {
    const options = { tag, authconfig: registryAuth(credential), abortSignal: context.signal };
    const stream = await docker.getImage(repository).push(options as Docker.ImagePushOptions);
    return await unlessAborted(follow(stream as AsyncIterable<Buffer>, tag, context), context.signal);
  } catch (error) {
    if (context.signal.aborted || isLost(error)) throw error;
    return { pushed: false, error: engineMessage(error), retried: false };
  }
}

async function follow(stream: AsyncIterable<Buffer>, tag: string, context: RunContext): Promise<EnginePush> {
  const layers = new Map<string, { current: number; total: number }>();
  let digest: string | undefined;
  const retried = new Set<string>();
  let failure: string | undefined;
  for await (const event of readJsonLines(stream)) {
    failure = textMember(event, 'errorDetail', 'message') ?? textMember(event, 'error') ?? failure;
    digest = textMember(event, 'aux', 'Digest') ?? digest;
    noteRetry(retried, textMember(event, 'id') ?? '', textMember(event, 'status') ?? '');
    const current = numberMember(event, 'progressDetail', 'current');
    const total = numberMember(event, 'progressDetail', 'total');
    if (current === undefined || total === undefined) continue;
    // The engine counts the headers of its archive beyond the total.
    layers.set(textMember(event, 'id') ?? '', { current: Math.min(current, total), total });
    context.progress.status(`push ${tag} ${formatProgress([...layers.values()])}`);
  }
  return failure === undefined
    ? { pushed: true, digest }
    : { pushed: false, error: failure, retried: retried.size > 0 };
}

/** The layers that the engine is trying again: it says so in its progress alone. */
function noteRetry(layers: Set<string>, id: string, status: string): void {
  if (/^Retrying in \d/.test(status)) layers.add(id);
  else if (status === 'Pushed') layers.delete(id);
}

/**
 * The HTTP status behind the engine's words. It hands on what the registry said as text alone: the error codes of the
 * distribution specification in lower case (`unauthorized`, `denied`, `toomanyrequests`), or the status itself.
 */
export function statusInWords(error: string): number | undefined {
  const status = /HTTP (?:status|code)?:? ?(\d{3})\b/i.exec(error)?.[1];
  if (status !== undefined) return Number(status);
  const code = /(?:^|: )(unauthorized|denied|toomanyrequests)\b/.exec(error)?.[1];
  return code === undefined ? undefined : { unauthorized: 401, denied: 403, toomanyrequests: 429 }[code];
}
