import { z } from 'zod';
import { describeError, Failure } from '../core/failure.js';
import { freezeDeep, type Image, type Plan, type Release } from '../core/plan.js';

/**
 * The files that stages hand to each other: plan, image, release. JSON, `format: 1`; read with a schema, since another
 * CI job, another version of Slipway or a person may have written them.
 */

const text = z.string();
const texts = z.array(text);
const record = z.record(text, text);
const tag = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const factValue = z.union([text, z.boolean(), texts]);
const evidence = z.object({ file: text.optional(), line: z.number().optional(), because: text });
const fact = z.object({
  value: factValue,
  from: z.array(evidence),
  rejected: z.array(evidence.extend({ value: factValue })),
});
const step = z.union([z.object({ title: text, argv: texts.min(1) }), z.object({ title: text, script: texts.min(1) })]);

const source = z.object({
  revision: text.optional(),
  branch: text.optional(),
  committedAt: text.optional(),
  url: text.optional(),
  dirty: z.boolean(),
});
const movingTag = z.object({ tag, because: text, branch: text.optional() });

const planSchema = z.object({
  format: z.literal(1),
  project: z.object({
    kind: text,
    name: text,
    facts: z.record(text, fact),
    others: z.array(z.object({ kind: text, file: text.optional(), because: text })),
  }),
  source,
  version: z.object({
    version: text,
    tags: z.array(tag).min(1),
    moving: z.array(movingTag).optional(),
    because: text,
  }),
  builder: z.object({
    from: z.union([z.object({ image: text }), z.object({ dockerfile: text })]),
    steps: z.array(step),
    env: record,
    caches: z.array(z.object({ name: z.string().regex(/^[a-z0-9-]+$/), path: text })),
    outputs: z.array(
      z.object({ from: text, to: text, type: z.enum(['file', 'directory']), optional: z.boolean().optional() }),
    ),
    mounts: z.array(
      z.object({
        name: z.enum(['npmrc', 'maven-settings', 'netrc', 'go-env', 'gradle-properties', 'ca']),
        path: text.optional(),
        variables: z.array(z.string().regex(/^[A-Za-z_]\w*$/)).optional(),
      }),
    ),
    timeoutSeconds: z.number().positive(),
    transfer: z.enum(['auto', 'mount', 'stream']),
  }),
  image: z.object({
    repository: text,
    also: texts.optional(),
    platform: text,
    dockerfile: text,
    labels: record,
    try: z
      .object({
        probe: z.object({ port: z.number(), path: text.optional() }).optional(),
        timeoutSeconds: z.number(),
        env: record,
      })
      .optional(),
  }),
  deployments: z.array(
    z.object({
      environment: text,
      target: text,
      source: z.union([
        z.object({ in: z.literal('project') }),
        z.object({
          in: z.literal('repository'),
          url: text,
          branch: text.optional(),
          publish: z.literal('pull-request').optional(),
          sign: z.boolean().optional(),
          author: text.optional(),
        }),
      ]),
      template: text,
      service: text,
      currentImage: text,
      set: record.optional(),
      verify: z.object({ url: text, body: text.optional(), timeoutSeconds: z.number().positive() }).optional(),
      rollback: z.enum(['auto', 'never']).optional(),
      options: record,
      timeoutSeconds: z.number().positive(),
    }),
  ),
});

const usedImage = z.object({ name: text, id: text, digests: texts });

const imageSchema = z.object({
  format: z.literal(1),
  id: text,
  repository: text,
  also: texts.optional(),
  tags: z.array(tag).min(1),
  moving: z.array(movingTag).optional(),
  version: text,
  kind: text,
  size: z.number(),
  revision: text.optional(),
  origin: z
    .object({
      source,
      facts: z.record(text, factValue),
      platform: text,
      builder: usedImage,
      bases: z.array(usedImage),
      steps: z.array(step),
      env: record,
      dockerfile: text,
      run: z.object({ builder: text, invocation: text.optional(), slipway: text }),
    })
    .optional(),
});

const movedTags = z.array(z.object({ tag, moved: z.boolean(), because: text })).optional();

const releaseSchema = z.object({
  format: z.literal(1),
  repository: text,
  digest,
  version: text,
  tags: z.array(tag).min(1),
  moving: movedTags,
  size: z.number(),
  kind: text,
  commit: text.optional(),
  also: z.array(z.object({ repository: text, digest, moving: movedTags })).optional(),
});

/** Throws `settings.plan-file`. */
export function parsePlanFile(content: string, where: string): Plan {
  return freezeDeep(parseHandOver(planSchema, 'plan', content, where) as unknown as Plan);
}

/** Throws `settings.plan-file`. */
export function parseImageFile(content: string, where: string): Image {
  return freezeDeep(parseHandOver(imageSchema, 'image', content, where) as unknown as Image);
}

/** Throws `settings.plan-file`. */
export function parseReleaseFile(content: string, where: string): Release {
  return freezeDeep(parseHandOver(releaseSchema, 'release', content, where) as unknown as Release);
}

function parseHandOver<T>(schema: z.ZodType<T>, name: string, content: string, where: string): T {
  const parsed = schema.safeParse(parseJson(name, content, where));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Failure('settings.plan-file', {
    message: `This is not a ${name} file of format 1: ${issue?.path.join('.') || 'the value'}: ${issue?.message ?? 'not valid'}`,
    where,
    remedy: `Write it again with this version of Slipway.`,
  });
}

function parseJson(name: string, content: string, where: string): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    throw new Failure('settings.plan-file', {
      message: `The ${name} file is not JSON: ${describeError(error)}`,
      where,
      remedy: 'It may have been cut short: write it again.',
      cause: error,
    });
  }
}
