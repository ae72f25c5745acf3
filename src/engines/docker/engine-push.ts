import type Docker from 'dockerode';
import type { RunContext } from '../../core/engine.js';
import { numberMember, textMember } from '../../formats/json-member.js';
import { type Credential, registryAuth } from '../../registry/credential.js';
import { unlessAborted } from './cleanup.js';
import { engineMessage, isLost } from './engine-error.js';
import { readJsonLines } from './json-lines.js';
import { createPushMeter } from './push-meter.js';

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
  const meter = createPushMeter(context.progress, tag);
  let digest: string | undefined;
  const retried = new Set<string>();
  let failure: string | undefined;
  for await (const event of readJsonLines(stream)) {
    failure = textMember(event, 'errorDetail', 'message') ?? textMember(event, 'error') ?? failure;
    digest = textMember(event, 'aux', 'Digest') ?? digest;
    const id = textMember(event, 'id') ?? '';
    const status = textMember(event, 'status') ?? '';
    noteRetry(retried, id, status);
    if (status === 'Pushed') meter.done(id, 'sent');
    if (status === 'Layer already exists' || status.startsWith('Mounted from')) meter.done(id, 'there');
    const current = numberMember(event, 'progressDetail', 'current');
    const total = numberMember(event, 'progressDetail', 'total');
    if (current !== undefined && total !== undefined) meter.sent(id, current, total);
  }
  if (failure !== undefined) return { pushed: false, error: failure, retried: retried.size > 0 };
  meter.finish();
  return { pushed: true, digest };
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
