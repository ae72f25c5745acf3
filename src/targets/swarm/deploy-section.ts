import {
  closeFields,
  compact,
  type Data,
  type Fields,
  openFields,
  take,
  takeCount,
  takeList,
  takeStrings,
  takeText,
  takeTexts,
  takeWord,
} from './fields.js';
import { takeBytes, takeCpus, takeDuration, takeRatio } from './quantities.js';

/** What a service's `deploy` says, as parts of the Engine API's service spec. */
export interface DeploySection {
  readonly mode: 'replicated' | 'global';
  /** Undefined when the template leaves it open. */
  readonly replicas?: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly endpointMode?: 'vip' | 'dnsrr';
  readonly resources?: Data;
  readonly restartPolicy?: Data;
  readonly placement?: Data;
  readonly updateConfig?: Data;
  readonly rollbackConfig?: Data;
}

export function takeDeploy(service: Fields): DeploySection {
  const fields = openFields(service.reading, `${service.at}.deploy`, take(service, 'deploy'));
  const mode = takeWord(fields, 'mode', ['replicated', 'global'] as const) ?? 'replicated';
  const section = compact({
    mode,
    replicas: takeCount(fields, 'replicas'),
    labels: takeStrings(fields, 'labels') ?? {},
    endpointMode: takeWord(fields, 'endpoint_mode', ['vip', 'dnsrr'] as const),
    resources: takeResources(fields),
    restartPolicy: takeRestartPolicy(fields),
    placement: takePlacement(fields),
    updateConfig: takeUpdateConfig(fields, 'update_config', ['continue', 'pause', 'rollback']),
    rollbackConfig: takeUpdateConfig(fields, 'rollback_config', ['continue', 'pause']),
  });
  closeFields(fields);
  return { mode, labels: {}, ...section };
}

function open(fields: Fields, key: string): Fields | undefined {
  const value = take(fields, key);
  return value === undefined ? undefined : openFields(fields.reading, `${fields.at}.${key}`, value);
}

function takeResources(deploy: Fields): Data | undefined {
  const fields = open(deploy, 'resources');
  if (fields === undefined) return undefined;
  const limits = open(fields, 'limits');
  const reservations = open(fields, 'reservations');
  const resources = compact({
    Limits:
      limits &&
      compact({
        NanoCPUs: takeCpus(limits, 'cpus'),
        MemoryBytes: takeBytes(limits, 'memory'),
        Pids: takeCount(limits, 'pids'),
      }),
    Reservations:
      reservations &&
      compact({ NanoCPUs: takeCpus(reservations, 'cpus'), MemoryBytes: takeBytes(reservations, 'memory') }),
  });
  for (const each of [limits, reservations, fields]) if (each) closeFields(each);
  return resources;
}

function takeRestartPolicy(deploy: Fields): Data | undefined {
  const fields = open(deploy, 'restart_policy');
  if (fields === undefined) return undefined;
  const policy = compact({
    Condition: takeWord(fields, 'condition', ['none', 'on-failure', 'any'] as const),
    Delay: takeDuration(fields, 'delay'),
    MaxAttempts: takeCount(fields, 'max_attempts'),
    Window: takeDuration(fields, 'window'),
  });
  closeFields(fields);
  return policy;
}

function takePlacement(deploy: Fields): Data | undefined {
  const fields = open(deploy, 'placement');
  if (fields === undefined) return undefined;
  const preferences = takeList(fields, 'preferences')?.map((item) => {
    const preference = openFields(fields.reading, `${fields.at}.preferences`, item);
    const spread = takeText(preference, 'spread');
    closeFields(preference);
    return { Spread: { SpreadDescriptor: spread ?? '' } };
  });
  const placement = compact({
    Constraints: takeTexts(fields, 'constraints'),
    Preferences: preferences,
    MaxReplicas: takeCount(fields, 'max_replicas_per_node'),
  });
  closeFields(fields);
  return placement;
}

function takeUpdateConfig(deploy: Fields, key: string, actions: readonly string[]): Data | undefined {
  const fields = open(deploy, key);
  if (fields === undefined) return undefined;
  const config = {
    // Compose's default is 1; the Engine API would take a missing number as "all at once".
    Parallelism: takeCount(fields, 'parallelism') ?? 1,
    ...compact({
      Delay: takeDuration(fields, 'delay'),
      FailureAction: takeWord(fields, 'failure_action', actions),
      Monitor: takeDuration(fields, 'monitor'),
      MaxFailureRatio: takeRatio(fields, 'max_failure_ratio'),
      Order: takeWord(fields, 'order', ['start-first', 'stop-first'] as const),
    }),
  };
  closeFields(fields);
  return config;
}
