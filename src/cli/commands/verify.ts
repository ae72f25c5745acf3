import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { describeError, Failure } from '../../core/failure.js';
import { parseImageReference, registryOf } from '../../core/image-name.js';
import type { Release } from '../../core/plan.js';
import { type Check, type CheckName, checkNames } from '../../supply-chain/check.js';
import type { PublicKey } from '../../supply-chain/keys.js';
import type { Verification, VerifyJob } from '../../supply-chain/verify.js';
import { engineOptions } from '../build-site.js';
import { Judgement } from '../judgement.js';
import { openRegistry } from '../open-registry.js';
import { readHandOver } from '../read-hand-over.js';
import type { CommandResult } from '../result.js';
import type { World } from '../world.js';

type Subject = Pick<VerifyJob, 'tag' | 'digest' | 'release'> &
  Pick<ReturnType<typeof parseImageReference>, 'repository'>;

/** `slipway verify`: prove an image in its registry. Throws `push.unverified` where something does not hold or is missing. */
export async function runVerify(world: World): Promise<CommandResult> {
  const { options } = world;
  const required = requiredChecks(options.require ?? [], options.key !== undefined, options.deep === true);
  const subject = await readSubject(options.subject ?? '');
  const key = options.key === undefined ? undefined : await readKey(options.key);
  const repository = await openRegistry(world, subject.repository, 'read');
  const [{ verifyImage }, { openBlobProver }] = await Promise.all([
    import('../../supply-chain/verify.js'),
    import('../../registry/prove-blob.js'),
  ]);
  const { signal, progress } = world;
  const prover = options.deep
    ? await openBlobProver(subject.repository, engineOptions(world), { signal, progress, actions: 'pull' })
    : undefined;
  const verification = await verifyImage({
    repository,
    ...(subject.tag !== undefined && { tag: subject.tag }),
    ...(subject.digest !== undefined && { digest: subject.digest }),
    ...(subject.release !== undefined && { release: subject.release }),
    ...(key && { key }),
    ...(prover && { proveBlob: prover }),
  });
  return judge(subject, verification, required);
}

function judge(subject: Subject, verification: Verification, required: ReadonlySet<CheckName>): CommandResult {
  const { digest, checks } = verification;
  const unchecked = [...required].filter((name) => !checks.some((check) => check.name === name));
  const all: readonly Check[] = [
    ...checks,
    ...unchecked.map((name) => ({ name, state: 'absent', says: 'not looked at: see above' }) as const),
  ];
  const bad = all.filter(({ name, state }) => state === 'failed' || (state === 'absent' && required.has(name)));
  const where = `${subject.repository}${digest ? `@${digest}` : `:${subject.tag ?? 'latest'}`}`;
  const lines = all.map((check) => formatCheck(check, required.has(check.name)));
  const json = { format: 1, image: where, verified: bad.length === 0, checks: all };
  const text = `${where}\n${lines.join('')}`;
  if (bad.length === 0) return { text: `${text}verified\n`, json };
  const short = bad.map(({ name, state }) => `${name} ${state === 'absent' ? 'is missing' : 'failed'}`).join(', ');
  const message = `The image is not verified: ${short}`;
  const remedy = bad.some(({ state }) => state === 'failed')
    ? 'Do not run it before it is known who pushed what is there; push a new version.'
    : 'What is missing is attached by `slipway push` and `slipway ship`.';
  throw new Judgement(
    'push.unverified',
    { message, where, remedy, candidates: [] },
    `${text}slipway: ${message}\n  ${remedy}\n`,
    json,
  );
}

function formatCheck({ name, state, says }: Check, isRequired: boolean): string {
  const shown = state === 'absent' && isRequired ? 'MISSING' : state === 'failed' ? 'FAILED' : state;
  return `  ${shown.padEnd(8)}${name.padEnd(19)}${printable(says)}\n`;
}

/** What stands in a registry may have been written to play with a terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?').slice(0, 500);
}

function requiredChecks(names: readonly string[], hasKey: boolean, isDeep: boolean): ReadonlySet<CheckName> {
  const required = new Set<CheckName>(['digest', 'config', ...(hasKey ? (['signature'] as const) : [])]);
  for (const name of names) {
    const known = checkNames.find((one) => one === name);
    if (known === undefined) throw usage(`There is no check '${name}'`, 'Choose among these.', checkNames);
    if (known.startsWith('sign') && !hasKey) throw usage(`'${name}' needs a key`, 'Name the public key: --key FILE.');
    if (known === 'layers' && !isDeep) throw usage('Layers are read only on demand', 'Add --deep.');
    required.add(known);
  }
  return required;
}

/** A release file where there is a file of that name; else an image. */
async function readSubject(text: string): Promise<Subject> {
  if (existsSync(resolve(text)) && statSync(resolve(text)).isFile()) {
    const { parseReleaseFile } = await import('../../plan/plan-file.js');
    const release: Release = parseReleaseFile(readHandOver(text, 'release'), text);
    return { repository: release.repository, release };
  }
  const reference = parseImageReference(text);
  if (registryOf(reference.repository) === undefined && text.endsWith('.json')) {
    throw usage(`There is no release file ${text}`, 'Name the file that `push --out` or `ship --out` wrote.');
  }
  return reference;
}

async function readKey(path: string): Promise<PublicKey> {
  const { readPublicKey } = await import('../../supply-chain/keys.js');
  let pem: string;
  try {
    pem = readFileSync(resolve(path), 'utf8');
  } catch (cause) {
    throw new Failure('settings.usage', {
      message: `The key cannot be read: ${describeError(cause)}`,
      where: path,
      remedy: 'Name a readable file with the public key in PEM.',
      cause,
    });
  }
  return readPublicKey(pem, path);
}

function usage(message: string, remedy: string, candidates?: readonly string[]): Failure {
  return new Failure('settings.usage', { message, where: 'verify', remedy, ...(candidates && { candidates }) });
}
