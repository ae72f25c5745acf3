import { z } from 'zod';

/** Marathon's replies, as far as a rollout reads them (RAML types of the published API). */

const taskSchema = z.looseObject({
  id: z.string(),
  version: z.string().optional(),
  state: z.string().optional(),
  healthCheckResults: z.array(z.looseObject({ alive: z.boolean().optional() }).nullable()).nullish(),
});

export const appSchema = z.looseObject({
  id: z.string(),
  version: z.string(),
  instances: z.number().default(1),
  container: z.looseObject({ docker: z.looseObject({ image: z.string().optional() }).nullish() }).nullish(),
  versionInfo: z.looseObject({ lastConfigChangeAt: z.string().optional() }).nullish(),
  healthChecks: z.array(z.unknown()).nullish(),
  tasks: z.array(taskSchema).default([]),
  deployments: z.array(z.looseObject({ id: z.string() })).default([]),
  lastTaskFailure: z
    .looseObject({
      message: z.string().optional(),
      state: z.string().optional(),
      version: z.string().optional(),
      taskId: z.string().optional(),
    })
    .nullish(),
});

export const acceptedSchema = z.looseObject({ version: z.string(), deploymentId: z.string() });
export const deploymentsSchema = z.array(z.looseObject({ id: z.string() }));
export const queueSchema = z.looseObject({
  queue: z.array(
    z.looseObject({
      app: z.looseObject({ id: z.string() }).optional(),
      processedOffersSummary: z
        .looseObject({
          rejectSummaryLastOffers: z.array(z.looseObject({ reason: z.string(), declined: z.number() })).nullish(),
        })
        .nullish(),
    }),
  ),
});
export const lockedSchema = z.looseObject({ deployments: z.array(z.looseObject({ id: z.string() })).min(1) });

/** An app with its tasks, as Marathon has it. */
export type LiveApp = z.infer<typeof appSchema>;
export type LiveTask = z.infer<typeof taskSchema>;

/** What a refusal says. `details` is a text with 400 and a list of `{path, errors}` with 422. */
export function describeBody(body: unknown): string {
  const schema = z.looseObject({
    message: z.string().optional(),
    details: z
      .union([
        z.string(),
        z.array(z.looseObject({ path: z.string().optional(), errors: z.array(z.string()).optional() })),
      ])
      .optional(),
  });
  const parsed = schema.safeParse(body);
  if (!parsed.success) return 'no explanation';
  const { message, details } = parsed.data;
  const more =
    typeof details === 'string'
      ? details
      : details?.map((each) => `${each.path ?? '/'}: ${each.errors?.join(', ') ?? ''}`).join('; ');
  return [message, more].filter((each) => each !== undefined && each !== '').join(': ') || 'no explanation';
}
