import type { Digest } from '../core/image-name.js';
import { parseImageReference, tryParseImageReference } from '../core/image-name.js';
import type { Image, ImageOrigin, UsedImage } from '../core/plan.js';
import { types } from './documents.js';

/** What `externalParameters` and `internalParameters` mean: docs/supply-chain.md. */
export const buildType = 'urn:slipway:build:v1';

/** An in-toto statement (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md). */
export interface Statement {
  readonly _type: 'https://in-toto.io/Statement/v1';
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: string;
  readonly predicate: unknown;
}

/** A statement about one image in a registry. */
export function makeStatement(
  repository: string,
  digest: Digest,
  predicateType: string,
  predicate: unknown,
): Statement {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: repository, digest: { sha256: hexOf(digest) } }],
    predicateType,
    predicate,
  };
}

/**
 * How an image came to be, as SLSA v1 provenance (https://slsa.dev/spec/v1.0/provenance). Times of the run are left out: the same
 * build has the same statement, but for the run's own address.
 */
export function makeProvenance(image: Image, origin: ImageOrigin, digest: Digest): Statement {
  const { source, run } = origin;
  return makeStatement(image.repository, digest, types.provenancePredicate, {
    buildDefinition: {
      buildType,
      externalParameters: {
        source: {
          ...(source.url !== undefined && { repository: source.url }),
          ...(source.branch !== undefined && { ref: `refs/heads/${source.branch}` }),
          ...(source.revision !== undefined && { revision: source.revision }),
        },
        kind: image.kind,
        version: image.version,
        platform: origin.platform,
        facts: origin.facts,
      },
      internalParameters: {
        builder: origin.builder.name,
        env: origin.env,
        steps: origin.steps,
        dockerfile: origin.dockerfile,
        ...(source.dirty && { uncommittedChanges: true }),
      },
      resolvedDependencies: [
        ...sourceMaterial(origin),
        imageMaterial('builder', origin.builder),
        ...origin.bases.map((base) => imageMaterial('base', base)),
      ],
    },
    runDetails: {
      builder: { id: run.builder, version: { slipway: run.slipway } },
      ...(run.invocation !== undefined && { metadata: { invocationId: run.invocation } }),
    },
  });
}

function sourceMaterial({ source }: ImageOrigin): readonly object[] {
  const { url, branch, revision } = source;
  if (revision === undefined) return [];
  const at = branch === undefined ? '' : `@refs/heads/${branch}`;
  return [
    {
      name: 'source',
      ...(url !== undefined && { uri: `git+${url}${at}` }),
      digest: { gitCommit: revision },
    },
  ];
}

/** By the digest that a registry has it under; an image that was made in the engine has only the engine's id. */
function imageMaterial(name: string, image: UsedImage): object {
  const reference = tryParseImageReference(image.name);
  const known = image.digests.flatMap((text) => tryParseImageReference(text) ?? []);
  const own = known.find(({ repository }) => repository === reference?.repository) ?? known[0];
  const digest = reference?.digest ?? own?.digest;
  const uri = reference === undefined ? undefined : `docker://${image.name}`;
  return {
    name,
    ...(uri !== undefined && { uri }),
    ...(digest !== undefined && { digest: { sha256: hexOf(digest) } }),
    annotations: { 'io.slipway.image-id': image.id },
  };
}

/** The hex digits of a digest. */
export function hexOf(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** `sha256:` and hex digits; undefined for what are none. */
export function digestFromHex(hex: unknown): Digest | undefined {
  if (typeof hex !== 'string') return undefined;
  return tryParseImageReference(`x@sha256:${hex}`) && parseImageReference(`x@sha256:${hex}`).digest;
}
