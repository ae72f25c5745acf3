import { splitShellWords } from '../../formats/shell-words.js';
import {
  closeFields,
  compact,
  type Data,
  type Fields,
  openFields,
  readText,
  take,
  takeCount,
  takeFlag,
  takePairs,
  takeStrings,
  takeText,
  takeTexts,
  wrongValue,
} from './fields.js';
import { takeMounts, type VolumeNames } from './mounts.js';
import { takeDuration } from './quantities.js';

/** Takes the container's part of a service (Engine API `ContainerSpec`), without its image. */
export function takeContainer(service: Fields, volumes: VolumeNames): Data {
  const spec = compact({
    Labels: { ...takeStrings(service, 'labels'), ...volumes.labels },
    Command: takeCommand(service, 'entrypoint'),
    Args: takeCommand(service, 'command'),
    Env: takeEnvironment(service),
    Dir: takeText(service, 'working_dir'),
    User: takeText(service, 'user'),
    Hostname: takeText(service, 'hostname'),
    Init: takeFlag(service, 'init'),
    TTY: takeFlag(service, 'tty') || undefined,
    ReadOnly: takeFlag(service, 'read_only') || undefined,
    StopSignal: takeText(service, 'stop_signal'),
    StopGracePeriod: takeDuration(service, 'stop_grace_period'),
    Hosts: takeHosts(service),
    CapabilityAdd: takeTexts(service, 'cap_add'),
    CapabilityDrop: takeTexts(service, 'cap_drop'),
    Mounts: takeMounts(service, volumes),
    Healthcheck: takeHealthcheck(service),
  });
  return spec ?? {};
}

/** `logging` as the task's `LogDriver`. */
export function takeLogging(service: Fields): Data | undefined {
  const value = take(service, 'logging');
  if (value === undefined) return undefined;
  const fields = openFields(service.reading, `${service.at}.logging`, value);
  const driver = compact({ Name: takeText(fields, 'driver'), Options: takeStrings(fields, 'options') });
  closeFields(fields);
  return driver;
}

function takeCommand(service: Fields, key: string): readonly string[] | undefined {
  const value = take(service, key);
  if (typeof value !== 'string') return takeTexts(service, key);
  const words = splitShellWords(value);
  if (words === undefined)
    throw wrongValue(service.reading, `${service.at}.${key}`, 'a command line with its quotes closed');
  return words;
}

function takeEnvironment(service: Fields): readonly string[] | undefined {
  const pairs = takePairs(service, 'environment');
  if (pairs === undefined) return undefined;
  return [...pairs].sort(byName).map(([name, value]) => {
    // Compose fills a variable without a value in from the deploying shell.
    if (value === undefined) service.reading.unsupported.push(`${service.at}.environment.${name} (no value)`);
    return `${name}=${value ?? ''}`;
  });
}

/** Compose's `host:address` (or `host=address`) as the line of an /etc/hosts, which is how the Engine API wants it. */
function takeHosts(service: Fields): readonly string[] | undefined {
  const value = take(service, 'extra_hosts');
  const separator =
    Array.isArray(value) && value.every((each) => typeof each === 'string' && each.includes('=')) ? '=' : ':';
  const pairs = takePairs(service, 'extra_hosts', separator);
  return (
    pairs &&
    [...pairs].map(([host, address]) => {
      if (address === undefined || address === '')
        throw wrongValue(service.reading, `${service.at}.extra_hosts`, "pairs such as 'db:10.0.0.5'");
      return `${address} ${host}`;
    })
  );
}

function takeHealthcheck(service: Fields): Data | undefined {
  const value = take(service, 'healthcheck');
  if (value === undefined) return undefined;
  const fields = openFields(service.reading, `${service.at}.healthcheck`, value);
  const disabled = takeFlag(fields, 'disable') ?? false;
  const test = takeTest(fields);
  const check = compact({
    Test: disabled ? ['NONE'] : test,
    Interval: takeDuration(fields, 'interval'),
    Timeout: takeDuration(fields, 'timeout'),
    Retries: takeCount(fields, 'retries'),
    StartPeriod: takeDuration(fields, 'start_period'),
  });
  closeFields(fields);
  if (disabled && test !== undefined) throw wrongValue(fields.reading, fields.at, 'either a test or disabled');
  return check;
}

function takeTest(fields: Fields): readonly string[] | undefined {
  const value = take(fields, 'test');
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return ['CMD-SHELL', readText(fields.reading, `${fields.at}.test`, value)];
  const test = takeTexts(fields, 'test') ?? [];
  if (test[0] !== 'CMD' && test[0] !== 'CMD-SHELL' && test[0] !== 'NONE') {
    throw wrongValue(fields.reading, `${fields.at}.test`, 'a list that starts with CMD, CMD-SHELL or NONE');
  }
  return test;
}

function byName(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : 0;
}
