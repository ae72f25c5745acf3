import { Failure } from './failure.js';

/**
 * Names of images, parsed once. Grammar: the distribution project's reference grammar
 * (https://github.com/distribution/reference/blob/main/reference.go); limits: tag ≤ 128, path ≤ 255 characters.
 */

declare const brand: unique symbol;

/** `[domain/]path` without tag or digest, in the form it was written. */
export type Repository = string & { readonly [brand]: 'repository' };
/** `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`. */
export type Tag = string & { readonly [brand]: 'tag' };
/** `sha256:` and 64 hex digits. */
export type Digest = string & { readonly [brand]: 'digest' };

/** A reference taken apart. */
export interface ImageReference {
  readonly repository: Repository;
  readonly tag?: Tag;
  readonly digest?: Digest;
}

const pathComponent = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const domainComponent = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domain = `(?:${domainComponent}(?:\\.${domainComponent})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const repositoryPattern = new RegExp(`^(?:${domain}/)?${pathComponent}(?:/${pathComponent})*$`);
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** Throws `settings.invalid` for anything that a registry would refuse. */
export function parseRepository(text: string): Repository {
  const path = text.slice(registryOf(text)?.length ?? 0);
  if (!repositoryPattern.test(text) || path.length > 255 || /^[0-9a-f]{64}$/.test(text)) {
    throw new Failure('settings.invalid', {
      message: `'${printable(text)}' is not the name of an image repository`,
      remedy:
        'Use lower-case path components of a–z, 0–9, with . _ __ - between them, e.g. registry.example.com/team/app.',
    });
  }
  return text as Repository;
}

/** Throws `settings.invalid`. */
export function parseTag(text: string): Tag {
  if (!tagPattern.test(text)) {
    throw new Failure('settings.invalid', {
      message: `'${printable(text)}' is not a tag`,
      remedy: 'A tag has 1 to 128 of A–Z a–z 0–9 _ . - and does not start with . or -.',
    });
  }
  return text as Tag;
}

/** Throws `settings.invalid`. */
export function parseDigest(text: string): Digest {
  if (!digestPattern.test(text)) {
    throw new Failure('settings.invalid', { message: `'${printable(text)}' is not a sha256 digest` });
  }
  return text as Digest;
}

/** `[domain/]path[:tag][@digest]`. Throws `settings.invalid`. */
export function parseImageReference(text: string): ImageReference {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : parseDigest(text.slice(at + 1));
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon < 0 ? undefined : parseTag(named.slice(colon + 1));
  const repository = parseRepository(colon < 0 ? named : named.slice(0, colon));
  return { repository, ...(tag && { tag }), ...(digest && { digest }) };
}

/** Undefined where `parseImageReference` would throw. */
export function tryParseImageReference(text: string): ImageReference | undefined {
  try {
    return parseImageReference(text);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

export function formatImageReference(reference: ImageReference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${reference.repository}${tag}${digest}`;
}

/** A text for people: of every digest in it as much as one compares, `sha256:` and 12 hex digits. */
export function shortenDigests(text: string): string {
  return text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1');
}

/**
 * The registry's `host[:port]` as written; undefined where the name is a Docker Hub short name. The first component is a
 * domain only when it has a `.` or `:`, is `localhost`, or has capitals.
 */
export function registryOf(repository: string): string | undefined {
  const slash = repository.indexOf('/');
  if (slash < 0) return undefined;
  const first = repository.slice(0, slash);
  return /[.:A-Z]/.test(first) || first === 'localhost' ? first : undefined;
}

/**
 * Any text as one repository path component: lower case, other characters become `-`. Undefined when nothing is left.
 */
export function sanitiseName(text: string): string | undefined {
  const name = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/[._-]{2,}/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '')
    .slice(0, 63)
    .replace(/[._-]+$/, '');
  return name === '' ? undefined : name;
}

function printable(text: string): string {
  return JSON.stringify(text.slice(0, 200)).slice(1, -1);
}
