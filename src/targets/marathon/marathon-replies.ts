import { z } from 'zod';

/** Marathon's replies, as far as a rollout reads them (RAML types of the published API). */

const named = z.looseObject({ id: z.string() });

const taskSchema = z.looseObject({
  id: z.string(),
  version: z.string().optional(),
  state: z.string().optional(),
  host: z.string().optional(),
  healthCheckResults: z.array(z.looseObject({ alive: z.boolean().optional() }).nullable()).nullish(),
});

const readinessSchema = z.looseObject({
  name: z.string().optional(),
  taskId: z.string().optional(),
  ready: z.boolean(),
  lastResponse: z.looseObject({ status: z.number().optional(), body: z.string().optional() }).nullish(),
});

export const appSchema = z.looseObject({
  id: z.string(),
  version: z.string(),
  instances: z.number().default(1),
  container: z.looseObject({ docker: z.looseObject({ image: z.string().optional() }).nullish() }).nullish(),
  versionInfo: z.looseObject({ lastConfigChangeAt: z.string().optional() }).nullish(),
  healthChecks: z.array(z.unknown()).nullish(),
  readinessChecks: z.array(z.unknown()).nullish(),
  tasks: z.array(taskSchema).default([]),
  deployments: z.array(named).default([]),
  readinessCheckResults: z.array(readinessSchema).nullish(),
  lastTaskFailure: z
    .looseObject({
      message: z.string().optional(),
      state: z.string().optional(),
      version: z.string().optional(),
      taskId: z.string().optional(),
      host: z.string().optional(),
    })
    .nullish(),
});

export const podStatusSchema = z.looseObject({
  id: z.string(),
  spec: z.looseObject({
    version: z.string(),
    scaling: z.looseObject({ instances: z.number().optional() }).nullish(),
    containers: z.array(
      z.looseObject({ name: z.string(), image: z.looseObject({ id: z.string().optional() }).nullish() }),
    ),
  }),
  instances: z
    .array(
      z.looseObject({
        id: z.string(),
        status: z.string(),
        /** `/v2/pods/x::versions/2026-…`: which version it is of. */
        specReference: z.string().nullish(),
        agentHostname: z.string().nullish(),
        message: z.string().nullish(),
      }),
    )
    .nullish(),
  terminationHistory: z
    .array(z.looseObject({ instanceID: z.string(), startedAt: z.string().optional(), message: z.string().nullish() }))
    .nullish(),
});

export const acceptedSchema = z.looseObject({ version: z.string(), deploymentId: z.string() });
export const deploymentsSchema = z.array(
  z.looseObject({
    id: z.string(),
    version: z.string().optional(),
    affectedApps: z.array(z.string()).nullish(),
    affectedPods: z.array(z.string()).nullish(),
  }),
);
export const queueSchema = z.looseObject({
  queue: z.array(
    z.looseObject({
      app: named.nullish(),
      pod: named.nullish(),
      delay: z.looseObject({ overdue: z.boolean().optional(), timeLeftSeconds: z.number().optional() }).nullish(),
      processedOffersSummary: z
        .looseObject({
          rejectSummaryLastOffers: z
            .array(z.looseObject({ reason: z.string(), declined: z.number(), processed: z.number().optional() }))
            .nullish(),
        })
        .nullish(),
    }),
  ),
});
export const lockedSchema = z.looseObject({ deployments: z.array(named).min(1) });
export const versionsSchema = z.union([z.array(z.string()), z.looseObject({ versions: z.array(z.string()) })]);
export const hostsSchema = z.looseObject({ tasks: z.array(z.looseObject({ host: z.string().nullish() })) });
export const leaderSchema = z.looseObject({ leader: z.string() });
export const stepsSchema = z.looseObject({
  steps: z.array(
    z.looseObject({
      actions: z.array(
        z.looseObject({
          action: z.string().optional(),
          type: z.string().optional(),
          app: z.string().optional(),
          pod: z.string().optional(),
        }),
      ),
    }),
  ),
});
export const objectSchema = z.record(z.string(), z.unknown());
export const eventSchema = z.looseObject({
  eventType: z.string().optional(),
  id: z.string().optional(),
  appId: z.string().optional(),
  runSpecId: z.string().optional(),
});

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
