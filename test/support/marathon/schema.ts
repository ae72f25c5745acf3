import { z } from 'zod';

/**
 * The rules of Marathon's published schema (RAML of `/v2/apps`, `/v2/groups`, `/v2/pods`, 1.5 and later), as a stand-in
 * enforces them. Written from the published contract and apart from Slipway's client: nothing here is imported from it.
 */

const pathId = /^\/?(?:(?:\.\.|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)\/)*(?:\.\.|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)$/;
const portNumber = z.int().min(0).max(65_535);
const fraction = z.number().min(0).max(1);
const texts = z.record(z.string(), z.string());
const envValue = z.union([z.string(), z.strictObject({ secret: z.string() })]);

const network = z.strictObject({
  mode: z.enum(['host', 'container', 'container/bridge']).optional(),
  name: z.string().optional(),
  labels: texts.optional(),
});

const portMapping = z.strictObject({
  containerPort: portNumber.optional(),
  hostPort: portNumber.nullable().optional(),
  servicePort: portNumber.optional(),
  protocol: z.enum(['tcp', 'udp', 'udp,tcp']).optional(),
  name: z.string().optional(),
  labels: texts.optional(),
  networkNames: z.array(z.string()).optional(),
});

const volume = z.strictObject({
  containerPath: z.string(),
  hostPath: z.string().optional(),
  mode: z.enum(['RO', 'RW']).optional(),
  persistent: z.looseObject({}).optional(),
  external: z.looseObject({}).optional(),
  secret: z.string().optional(),
});

const container = z.strictObject({
  type: z.enum(['DOCKER', 'MESOS']).optional(),
  docker: z
    .strictObject({
      image: z.string().min(1),
      forcePullImage: z.boolean().optional(),
      privileged: z.boolean().optional(),
      parameters: z.array(z.strictObject({ key: z.string(), value: z.string() })).optional(),
      credential: z.looseObject({}).optional(),
      pullConfig: z.looseObject({}).optional(),
      network: z.enum(['BRIDGE', 'HOST', 'NONE', 'USER']).optional(),
      portMappings: z.array(portMapping).optional(),
    })
    .optional(),
  portMappings: z.array(portMapping).optional(),
  volumes: z.array(volume).optional(),
  linuxInfo: z.looseObject({}).optional(),
});

const healthCheck = z.strictObject({
  protocol: z.enum(['HTTP', 'HTTPS', 'TCP', 'COMMAND', 'MESOS_TCP', 'MESOS_HTTP', 'MESOS_HTTPS']).optional(),
  path: z.string().optional(),
  port: portNumber.optional(),
  portIndex: z.int().min(0).optional(),
  command: z.strictObject({ value: z.string() }).optional(),
  gracePeriodSeconds: z.int().min(0).optional(),
  intervalSeconds: z.int().min(0).optional(),
  timeoutSeconds: z.int().min(0).optional(),
  maxConsecutiveFailures: z.int().min(0).optional(),
  delaySeconds: z.int().min(0).optional(),
  ignoreHttp1xx: z.boolean().optional(),
  ipProtocol: z.enum(['IPv4', 'IPv6']).optional(),
});

const readinessCheck = z.strictObject({
  name: z.string().optional(),
  protocol: z.enum(['HTTP', 'HTTPS']).optional(),
  path: z.string().optional(),
  portName: z.string().optional(),
  intervalSeconds: z.int().min(1).optional(),
  timeoutSeconds: z.int().min(1).optional(),
  httpStatusCodesForReady: z.array(z.int()).optional(),
  preserveLastResponse: z.boolean().optional(),
});

const portDefinition = z.strictObject({
  port: portNumber.optional(),
  protocol: z.enum(['tcp', 'udp', 'udp,tcp']).optional(),
  name: z.string().optional(),
  labels: texts.optional(),
});

const upgradeStrategy = z.strictObject({
  minimumHealthCapacity: fraction.optional(),
  maximumOverCapacity: fraction.optional(),
});

const appBase = z.strictObject({
  id: z.string().regex(pathId),
  acceptedResourceRoles: z.array(z.string()).nullable().optional(),
  args: z.array(z.string()).nullable().optional(),
  backoffFactor: z.number().min(1).optional(),
  backoffSeconds: z.number().min(0).optional(),
  cmd: z.string().nullable().optional(),
  constraints: z.array(z.array(z.string()).min(2).max(3)).optional(),
  container: container.nullable().optional(),
  cpus: z.number().min(0).optional(),
  dependencies: z.array(z.string().regex(pathId)).optional(),
  disk: z.number().min(0).optional(),
  env: z.record(z.string(), envValue).optional(),
  executor: z.string().optional(),
  fetch: z.array(z.looseObject({ uri: z.string() })).optional(),
  gpus: z.int().min(0).optional(),
  healthChecks: z.array(healthCheck).optional(),
  instances: z.int().min(0).optional(),
  ipAddress: z.looseObject({}).nullable().optional(),
  killSelection: z.enum(['YOUNGEST_FIRST', 'OLDEST_FIRST']).optional(),
  labels: texts.optional(),
  maxLaunchDelaySeconds: z.int().min(0).optional(),
  mem: z.number().min(0).optional(),
  networks: z.array(network).optional(),
  portDefinitions: z.array(portDefinition).nullable().optional(),
  ports: z.array(portNumber).nullable().optional(),
  readinessChecks: z.array(readinessCheck).max(1).optional(),
  requirePorts: z.boolean().optional(),
  residency: z.looseObject({}).optional(),
  role: z.string().optional(),
  secrets: z.record(z.string(), z.looseObject({ source: z.string() })).optional(),
  taskKillGracePeriodSeconds: z.int().min(0).optional(),
  tty: z.boolean().optional(),
  unreachableStrategy: z.union([z.literal('disabled'), z.looseObject({})]).optional(),
  upgradeStrategy: upgradeStrategy.nullable().optional(),
  uris: z.array(z.string()).nullable().optional(),
  user: z.string().nullable().optional(),
});

/** An app to be stored; with `id` put in by the caller where it stood in the path only. */
export const appRules = appBase.superRefine((app, context) => {
  const conflict = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  const docker = app.container?.docker;
  if (app.portDefinitions != null && app.ports != null)
    conflict(['ports'], 'ports and portDefinitions exclude each other');
  if (app.uris != null && app.fetch !== undefined) conflict(['uris'], 'uris and fetch exclude each other');
  if (docker?.portMappings && app.container?.portMappings)
    conflict(['container', 'docker', 'portMappings'], 'portMappings may be defined in one place only');
  if (app.networks && (docker?.network || app.ipAddress != null))
    conflict(['networks'], 'networks and the legacy network fields exclude each other');
  const mode = app.networks?.[0]?.mode ?? (app.networks?.length ? 'container' : undefined);
  const hostMode = mode === 'host' || docker?.network === 'HOST' || (!app.networks?.length && !docker?.network);
  const mappings = app.container?.portMappings ?? docker?.portMappings ?? [];
  if (hostMode && mappings.length > 0) conflict(['container', 'portMappings'], 'must be empty in host networking');
  if (!hostMode && (app.portDefinitions?.length ?? 0) > 0 && mappings.length > 0)
    conflict(['portDefinitions'], 'portDefinitions are for host networking only');
  if (app.networks?.some((each) => each.mode === 'container' && each.name === undefined))
    conflict(['networks'], 'a container network needs a name');
  if (app.cmd == null && app.args == null && docker === undefined)
    conflict([], 'AppDefinition must either contain one of cmd or args, and/or a container');
  for (const check of app.readinessChecks ?? []) {
    if ((check.timeoutSeconds ?? 10) >= (check.intervalSeconds ?? 30))
      conflict(['readinessChecks'], 'timeoutSeconds must be less than intervalSeconds');
  }
});

const endpoint = z.strictObject({
  name: z.string(),
  containerPort: portNumber.optional(),
  hostPort: portNumber.optional(),
  protocol: z.array(z.enum(['tcp', 'udp'])).optional(),
  labels: texts.optional(),
});

/** A pod to be stored. */
export const podRules = z.strictObject({
  id: z.string().regex(pathId),
  labels: texts.optional(),
  user: z.string().optional(),
  environment: z.record(z.string(), envValue).optional(),
  containers: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/),
        exec: z.looseObject({}).optional(),
        resources: z.strictObject({
          cpus: z.number().min(0),
          mem: z.number().min(0),
          disk: z.number().min(0).optional(),
          gpus: z.int().min(0).optional(),
        }),
        endpoints: z.array(endpoint).optional(),
        image: z
          .strictObject({
            kind: z.enum(['DOCKER', 'APPC']),
            id: z.string().min(1),
            forcePull: z.boolean().optional(),
            pullConfig: z.looseObject({}).optional(),
          })
          .optional(),
        environment: z.record(z.string(), envValue).optional(),
        user: z.string().optional(),
        healthCheck: z.looseObject({}).optional(),
        volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).optional(),
        artifacts: z.array(z.looseObject({ uri: z.string() })).optional(),
        labels: texts.optional(),
        lifecycle: z.looseObject({}).optional(),
        tty: z.boolean().optional(),
      }),
    )
    .min(1),
  secrets: z.record(z.string(), z.looseObject({ source: z.string() })).optional(),
  volumes: z.array(z.looseObject({ name: z.string() })).optional(),
  networks: z.array(network).optional(),
  scaling: z
    .strictObject({ kind: z.literal('fixed').optional(), instances: z.int().min(0), maxInstances: z.int().optional() })
    .optional(),
  scheduling: z
    .strictObject({
      backoff: z.looseObject({}).optional(),
      upgrade: upgradeStrategy.optional(),
      placement: z.looseObject({}).optional(),
      killSelection: z.string().optional(),
      unreachableStrategy: z.unknown().optional(),
    })
    .optional(),
  executorResources: z.looseObject({}).optional(),
});

/** A group, its members not yet looked into. */
export const groupRules = z.strictObject({
  id: z
    .string()
    .regex(/^\/$|^\/?[a-z0-9./-]+$/)
    .optional(),
  apps: z.array(z.looseObject({ id: z.string() })).optional(),
  pods: z.array(z.looseObject({ id: z.string() })).optional(),
  groups: z.array(z.looseObject({ id: z.string() })).optional(),
  dependencies: z.array(z.string()).optional(),
  enforceRole: z.boolean().optional(),
});

/** A 422 answer's body, or undefined where the rules are kept. A wrong type is "Invalid JSON", a broken rule "Object is not valid". */
export function findViolations(rules: z.ZodType, value: unknown): object | undefined {
  const parsed = rules.safeParse(value);
  if (parsed.success) return undefined;
  const isType = parsed.error.issues.some((issue) => issue.code === 'invalid_type' || issue.code === 'invalid_union');
  return {
    message: isType ? 'Invalid JSON' : 'Object is not valid',
    details: parsed.error.issues.map((issue) => ({ path: `/${issue.path.join('/')}`, errors: [issue.message] })),
  };
}
