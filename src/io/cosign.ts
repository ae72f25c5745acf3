import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { errorCode, Failure } from '../core/failure.js';
import type { Secret } from '../core/secret.js';

/** One call of the program cosign. */
export interface CosignCall {
  readonly argv: readonly string[];
  /** What it gets beside the environment of this process; never in the argv, which every user of the machine can read. */
  readonly secrets: Readonly<Record<string, Secret>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

const patience = 120_000;
const longestOutput = 64_000;

/** Run cosign, which has to be on the PATH, and return what it printed as its result. Throws `settings.invalid` where it is not, `push.failed` with its last lines. */
export async function runCosign(call: CosignCall): Promise<string> {
  const { argv, secrets, environment, signal } = call;
  const revealed = Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()]);
  const program = spawn('cosign', argv, {
    env: { ...environment, ...Object.fromEntries(revealed) },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    timeout: patience,
  });
  const [printed, said] = [keepEnd(program.stdout), keepEnd(program.stderr)];
  const code = await new Promise<number | null>((resolve, reject) => {
    program.once('error', reject);
    program.once('close', resolve);
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw errorCode(error) === 'ENOENT' ? notInstalled(error) : error;
  });
  if (code === 0) return printed();
  throw new Failure('push.failed', {
    message: code === null ? 'cosign did not come to an end' : `cosign ended with ${code}`,
    where: `cosign ${argv[0]}`,
    remedy: 'See what it says; its key format, login and transparency log are its own.',
    lastLines: said().trim().split('\n').slice(-20),
  });
}

/** The last of what a stream gives, for as long as it is asked. */
function keepEnd(stream: Readable): () => string {
  let end = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    end = (end + text).slice(-longestOutput);
  });
  return () => end;
}

function notInstalled(cause: unknown): Failure {
  return new Failure('settings.invalid', {
    message: 'cosign is to sign, and there is no such program on the PATH',
    where: 'sign.with',
    remedy: 'Install it, or let Slipway sign in the same form: sign.with slipway and a key.',
    cause,
  });
}
