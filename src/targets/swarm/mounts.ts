import { takeExternal } from './external.js';
import {
  closeFields,
  compact,
  type Data,
  type Fields,
  openFields,
  type Reading,
  takeFlag,
  takeList,
  takeStrings,
  takeText,
  takeTexts,
  takeWord,
  wrongValue,
} from './fields.js';
import { takeBytes } from './quantities.js';

/** The stack's `volumes`, and the name of the stack that prefixes them. */
export interface VolumeNames {
  readonly stack: string;
  readonly labels: Data;
  readonly volumes: Fields;
}

/** `volumes` and `tmpfs` of a service as `Mounts`. Named volumes become `<stack>_<name>`, as `docker stack deploy` names them. */
export function takeMounts(service: Fields, names: VolumeNames): readonly Data[] | undefined {
  const at = `${service.at}.volumes`;
  const mounts = (takeList(service, 'volumes') ?? []).map((item) =>
    typeof item === 'string' ? readShort(service.reading, at, item, names) : readLong(service.reading, at, item, names),
  );
  const tmpfs = (takeTexts(service, 'tmpfs', true) ?? []).map((target) => {
    if (target.includes(':')) service.reading.unsupported.push(`${service.at}.tmpfs (options in ${target})`);
    return { Type: 'tmpfs', Target: target };
  });
  const all = [...mounts, ...tmpfs];
  return all.length === 0 ? undefined : all;
}

/** `[source:]target[:ro|rw]`. */
function readShort(reading: Reading, at: string, text: string, names: VolumeNames): Data {
  const parts = text.split(':');
  const [source, target, mode, more] = parts.length === 1 ? [undefined, parts[0]] : parts;
  if (target === undefined || !target.startsWith('/') || more !== undefined) {
    throw wrongValue(reading, at, "a volume such as 'data:/data:ro'");
  }
  if (mode !== undefined && mode !== 'ro' && mode !== 'rw') reading.unsupported.push(`${at} (mode ${mode})`);
  const readOnly = mode === 'ro' ? true : undefined;
  if (source === undefined) return { Type: 'volume', Target: target };
  return isHostPath(source)
    ? bindMount(reading, at, source, target, readOnly, undefined)
    : volumeMount(reading, at, source, target, readOnly, undefined, names);
}

function readLong(reading: Reading, at: string, item: unknown, names: VolumeNames): Data {
  const fields = openFields(reading, at, item);
  const type = takeWord(fields, 'type', ['volume', 'bind', 'tmpfs'] as const);
  const source = takeText(fields, 'source');
  const target = takeText(fields, 'target');
  const readOnly = takeFlag(fields, 'read_only') || undefined;
  const options = openFields(reading, `${at}.${type}`, type && fields.values.get(type));
  if (type !== undefined) fields.taken.add(type);
  if (type === undefined || target === undefined) throw wrongValue(reading, at, 'a volume with type and target');
  const mount = readTyped();
  closeFields(options);
  closeFields(fields);
  return mount;

  function readTyped(): Data {
    if (type === 'tmpfs')
      return {
        Type: type,
        Target: target,
        ...compact({ TmpfsOptions: compact({ SizeBytes: takeBytes(options, 'size') }) }),
      };
    if (type === 'bind') {
      if (source === undefined) throw wrongValue(reading, at, 'a bind with a source');
      return bindMount(reading, at, source, target ?? '', readOnly, takeText(options, 'propagation'));
    }
    const noCopy = takeFlag(options, 'nocopy') || undefined;
    if (source === undefined) return { Type: 'volume', Target: target, ...compact({ ReadOnly: readOnly }) };
    return volumeMount(reading, at, source, target ?? '', readOnly, noCopy, names);
  }
}

function bindMount(
  reading: Reading,
  at: string,
  source: string,
  target: string,
  readOnly: true | undefined,
  propagation: string | undefined,
): Data {
  // A relative path means the deploying machine's directory, which no node of the Swarm need have.
  if (!source.startsWith('/')) reading.unsupported.push(`${at} (relative path ${source})`);
  const options = compact({ Propagation: propagation });
  return { Type: 'bind', Source: source, Target: target, ...compact({ ReadOnly: readOnly, BindOptions: options }) };
}

function volumeMount(
  reading: Reading,
  at: string,
  source: string,
  target: string,
  readOnly: true | undefined,
  noCopy: true | undefined,
  names: VolumeNames,
): Data {
  if (!names.volumes.values.has(source)) {
    throw wrongValue(reading, at, `a volume that the stack declares under 'volumes' (${source} is not)`);
  }
  names.volumes.taken.add(source);
  const volume = openFields(reading, `volumes.${source}`, names.volumes.values.get(source));
  const { external, name } = takeExternal(volume);
  const driver = takeText(volume, 'driver');
  const options = takeStrings(volume, 'driver_opts');
  const labels = takeStrings(volume, 'labels');
  closeFields(volume);
  const mount = { Type: 'volume', Source: name ?? (external ? source : `${names.stack}_${source}`), Target: target };
  const driverConfig = compact({ Name: driver, Options: options });
  const volumeOptions = external
    ? compact({ NoCopy: noCopy })
    : compact({ NoCopy: noCopy, Labels: { ...labels, ...names.labels }, DriverConfig: driverConfig });
  return { ...mount, ...compact({ ReadOnly: readOnly, VolumeOptions: volumeOptions }) };
}

function isHostPath(source: string): boolean {
  return source.startsWith('/') || source.startsWith('.') || source.startsWith('~');
}
