import { tryParseImageReference } from './image-name.js';
import type { Outcome } from './plan.js';
import type { DeploymentEnd, DeploymentFacts, DeploymentRecord } from './template-store.js';

/** A commit's message: a subject, a body for a person, and trailers as git-interpret-trailers(1) reads them. */
export function deploymentMessage(facts: DeploymentFacts, template: string, previousImage: string | undefined): string {
  return `${[subjectOf(facts), bodyOf(facts, template, previousImage), trailersOf(facts, template)].join('\n\n')}\n`;
}

/** The note on a commit, in the form of trailers; `at` is ISO 8601. */
export function outcomeNote(ended: DeploymentEnd, at: string): string {
  return `${[...endTrailers(ended), `Slipway-Noted-At: ${at}`].join('\n')}\n`;
}

function subjectOf(facts: DeploymentFacts): string {
  const { service, version, environment } = facts;
  if (facts.rollbackOf === undefined) return oneLine(`Deploy ${service} ${version} to ${environment}`);
  return oneLine(`${facts.pinned ? 'Roll back' : 'Restore'} ${service} to ${version} in ${environment}`);
}

function bodyOf(facts: DeploymentFacts, template: string, previousImage: string | undefined): string {
  const before = previousImage === undefined ? undefined : (versionOfImage(previousImage) ?? previousImage);
  const change =
    before === undefined || before === facts.version
      ? `${facts.service} is ${facts.version} in ${template}`
      : `${facts.service} goes from ${before} to ${facts.version} in ${template}`;
  const details = [
    ...(previousImage === undefined ? [] : [`was:      ${previousImage}`]),
    `is:       ${facts.image}`,
    ...(facts.revision === undefined ? [] : [`revision: ${facts.revision}`]),
    ...(facts.run === undefined ? [] : [`run:      ${facts.run}`]),
  ];
  return [
    ...[`${change}.`, facts.because ?? ''].map(oneLine).filter((line) => line !== ''),
    '',
    // Indented: four spaces are a quotation to every viewer, and no trailer to git.
    ...details.map((line) => `    ${oneLine(line)}`),
  ].join('\n');
}

function trailersOf(facts: DeploymentFacts, template: string): string {
  const trailers: readonly (readonly [string, string | undefined])[] = [
    ['Service', facts.service],
    ['Environment', facts.environment],
    ['Template', template],
    ['Image', facts.image],
    ['Version', facts.version],
    ['Digest', tryParseImageReference(facts.image)?.digest],
    ['Revision', facts.revision],
    ['Run', facts.run],
    ['Pinned', facts.pinned ? 'true' : undefined],
    ['Rollback-Of', facts.rollbackOf],
  ];
  const lines = trailers.flatMap(([key, value]) =>
    value === undefined || oneLine(value) === '' ? [] : [`Slipway-${key}: ${oneLine(value)}`],
  );
  return [...lines, ...(facts.ended === undefined ? [] : endTrailers(facts.ended))].join('\n');
}

function endTrailers({ outcome, evidence }: DeploymentEnd): readonly string[] {
  const seen = oneLine(evidence).slice(0, longestEvidence);
  return [`Slipway-Outcome: ${outcome}`, ...(seen === '' ? [] : [`Slipway-Evidence: ${seen}`])];
}

const longestEvidence = 2000;

/** The tag of an image's name, which is its version. */
export function versionOfImage(image: string): string | undefined {
  return tryParseImageReference(image)?.tag;
}

/** What git knows of a commit beside its trailers. */
export interface RecordedCommit {
  readonly commit: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly author: string;
}

/**
 * The record that a commit's trailers make; undefined where they make none: one that is needed is missing, said twice, or not of
 * its form. `trailers` are the lines of the message's last block, unfolded; anybody can write such, so nothing of them is
 * taken without being of its form.
 */
export function readRecord(commit: RecordedCommit, trailers: string, note = ''): DeploymentRecord | undefined {
  const values = new Map<string, string>();
  for (const [key, value] of linesOf(trailers)) {
    if (values.has(key)) return undefined;
    values.set(key, value);
  }
  const valid = (key: string, form: (value: string) => boolean): string | undefined => {
    const value = values.get(key);
    return value !== undefined && form(value) ? value : undefined;
  };
  const environment = valid('environment', isWord);
  const service = valid('service', isLine);
  const template = valid('template', isPath);
  const version = valid('version', isWord);
  const image = valid('image', (value) => tryParseImageReference(value) !== undefined);
  if (!environment || !service || !template || !version || !image) return undefined;
  const revision = valid('revision', isCommit);
  const run = valid('run', isLine);
  const rollbackOf = valid('rollback-of', isCommit);
  return {
    commit: commit.commit,
    at: commit.at,
    author: commit.author.replace(unprintable, ' ').trim(),
    environment,
    service,
    template,
    version,
    image,
    ...(revision !== undefined && { revision }),
    ...(run !== undefined && { run }),
    pinned: values.get('pinned') === 'true',
    ...(rollbackOf !== undefined && { rollbackOf }),
    ...(readEnd(note) ?? readEnd(trailers)),
  };
}

/** The end that a note or a block of trailers tells; undefined where it tells none. The last one counts. */
function readEnd(text: string): DeploymentEnd | undefined {
  const values = new Map(linesOf(text));
  const outcome = outcomes.find((known) => known === values.get('outcome'));
  return outcome && { outcome, evidence: values.get('evidence') ?? '' };
}

/** Every outcome, as it is written. */
export const outcomes = [
  'succeeded',
  'nothing-to-do',
  'handed-over',
  'rolled-back',
  'stuck',
  'superseded',
  'unknown',
] as const satisfies readonly Outcome[];

function linesOf(text: string): readonly (readonly [string, string])[] {
  return text.split('\n').flatMap((line) => {
    const match = /^Slipway-([A-Za-z-]+): (.*)$/.exec(line);
    return match?.[1] === undefined || match[2] === undefined
      ? []
      : [[match[1].toLowerCase(), match[2].replace(unprintable, ' ').trim()] as const];
  });
}

const unprintable = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;

function oneLine(text: string): string {
  return text.replace(unprintable, ' ').trim();
}

function isLine(value: string): boolean {
  return value !== '' && value.length <= 2000;
}

function isWord(value: string): boolean {
  return /^[^\s\p{Cc}]{1,256}$/u.test(value);
}

function isPath(value: string): boolean {
  return isLine(value) && !value.startsWith('/') && !value.split('/').includes('..');
}

function isCommit(value: string): boolean {
  return /^[0-9a-f]{7,64}$/.test(value);
}
