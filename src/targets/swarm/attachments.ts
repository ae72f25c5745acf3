import { takeExternal } from './external.js';
import {
  closeFields,
  type Data,
  type Fields,
  openFields,
  take,
  takeFlag,
  takeStrings,
  takeText,
  takeTexts,
  wrongValue,
} from './fields.js';

/** A network that the service joins, and what to create it with where it is ours and not there. */
export interface StackNetwork {
  /** The network's name in the Swarm. */
  readonly name: string;
  /** Must be there already; never created. */
  readonly external: boolean;
  readonly driver: string;
  readonly driverOptions: Readonly<Record<string, string>>;
  readonly attachable: boolean;
  readonly internal: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Names under which the service answers in it. */
  readonly aliases: readonly string[];
}

/**
 * The networks of a service; where it names none, the stack's `default`. In each the service answers to its key, and to
 * the aliases it lists.
 */
export function takeNetworks(
  service: Fields,
  key: string,
  stack: string,
  networks: Fields,
  labels: Data,
): readonly StackNetwork[] {
  return readAttachments(service).map(({ network, aliases }) => {
    if (network !== 'default' && !networks.values.has(network)) {
      throw wrongValue(
        service.reading,
        `${service.at}.networks`,
        `networks that the stack declares (${network} is not)`,
      );
    }
    networks.taken.add(network);
    const all = [...new Set([key, ...aliases])];
    return readNetwork(
      openFields(service.reading, `networks.${network}`, networks.values.get(network)),
      network,
      stack,
      labels,
      all,
    );
  });
}

function readAttachments(
  service: Fields,
): readonly { readonly network: string; readonly aliases: readonly string[] }[] {
  const value = take(service, 'networks');
  if (value === undefined) return [{ network: 'default', aliases: [] }];
  if (Array.isArray(value)) return (takeTexts(service, 'networks') ?? []).map((network) => ({ network, aliases: [] }));
  const mapping = openFields(service.reading, `${service.at}.networks`, value);
  return [...mapping.values].map(([network, options]) => {
    const fields = openFields(service.reading, `${service.at}.networks.${network}`, options);
    const aliases = takeTexts(fields, 'aliases') ?? [];
    closeFields(fields);
    return { network, aliases };
  });
}

function readNetwork(
  fields: Fields,
  network: string,
  stack: string,
  labels: Data,
  aliases: readonly string[],
): StackNetwork {
  const { external, name } = takeExternal(fields);
  const result = {
    name: name ?? (external ? network : `${stack}_${network}`),
    external,
    driver: takeText(fields, 'driver') ?? 'overlay',
    driverOptions: takeStrings(fields, 'driver_opts') ?? {},
    attachable: takeFlag(fields, 'attachable') ?? false,
    internal: takeFlag(fields, 'internal') ?? false,
    labels: { ...takeStrings(fields, 'labels'), ...(labels as Record<string, string>) },
    aliases,
  };
  closeFields(fields);
  return result;
}
