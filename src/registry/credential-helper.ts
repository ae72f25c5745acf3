import { spawn } from 'node:child_process';
import { Failure } from '../core/failure.js';
import { Secret } from '../core/secret.js';
import { textMember } from '../formats/json-member.js';
import type { Credential, Surroundings } from './credential.js';

/** What a helper prints when it knows no login (docker-credential-helpers, `credentials/error.go`): its only sign of that. */
const helperKnowsNone = 'credentials not found in native keychain';

/** What a helper of Docker's has for a registry; undefined where it has nothing. Throws `push.credentials` where it fails. */
export async function askHelper(
  helper: string,
  key: string,
  environment: Surroundings['environment'],
): Promise<Credential | undefined> {
  const program = `docker-credential-${helper}`;
  const { code, output } = await runHelper(program, key, environment);
  if (code !== 0) {
    if (output.trim() === helperKnowsNone) return undefined;
    throw helperFailed(program, `ended with ${code} for ${key}`);
  }
  const reply = parseReply(output, program);
  const username = textMember(reply, 'Username');
  const secret = textMember(reply, 'Secret');
  if (username === undefined || !secret) return undefined;
  if (username === '<token>') return { registry: key, origin: program, identityToken: new Secret(secret) };
  return { registry: key, origin: program, login: { username, password: new Secret(secret) } };
}

function parseReply(output: string, program: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    throw helperFailed(program, 'answered something that is not JSON');
  }
}

function runHelper(
  program: string,
  input: string,
  environment: Surroundings['environment'],
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], env: { ...environment } });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    // The helper may be gone before it has read its input.
    child.stdin.on('error', () => {});
    child.once('error', (error) => reject(helperFailed(program, 'cannot be started', error)));
    child.once('close', (code) => resolve({ code, output }));
    child.stdin.end(input);
  });
}

function helperFailed(program: string, what: string, cause?: unknown): Failure {
  return new Failure('push.credentials', {
    message: `The credential helper ${program} ${what}`,
    where: program,
    remedy: 'Install or unlock it, or take it out of credHelpers / credsStore of the Docker configuration.',
    cause,
  });
}
