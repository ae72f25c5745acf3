import {
  closeFields,
  compact,
  type Data,
  type Fields,
  openFields,
  type Reading,
  takeCount,
  takeList,
  takeText,
  takeWord,
  wrongValue,
} from './fields.js';

const protocols = ['tcp', 'udp', 'sctp'] as const;

/** `ports`, short and long syntax, as the endpoint's `Ports`. The mode of the short syntax is ingress. */
export function takePorts(service: Fields): readonly Data[] | undefined {
  const list = takeList(service, 'ports');
  return list?.flatMap((item) => {
    const isShort = typeof item === 'string' || typeof item === 'number';
    return isShort
      ? readShort(service.reading, `${service.at}.ports`, String(item))
      : [readLong(service.reading, `${service.at}.ports`, item)];
  });
}

/** `[[address:]published:]target[/protocol]`, ports or ranges of the same length. */
function readShort(reading: Reading, at: string, text: string): readonly Data[] {
  const [sides = '', protocol = 'tcp', more] = text.split('/');
  const parts = sides.split(':');
  const targets = readRange(reading, at, parts.at(-1) ?? '');
  const publishedText = parts.at(-2) ?? '';
  const published = publishedText === '' ? undefined : readRange(reading, at, publishedText);
  if (more !== undefined || !protocols.some((each) => each === protocol))
    throw wrongValue(reading, at, "a port such as '8080:80/tcp'");
  // Swarm publishes on every address of a node; a client that drops the address would open the port to the world.
  if (parts.length > 2) reading.unsupported.push(`${at} (host address ${parts.slice(0, -2).join(':')})`);
  if (published !== undefined && published.length !== targets.length) {
    throw wrongValue(reading, at, 'two ranges of the same length');
  }
  return targets.map((port, index) => toPort(port, published?.[index], protocol, 'ingress'));
}

function readLong(reading: Reading, at: string, item: unknown): Data {
  const fields = openFields(reading, at, item);
  const target = takeCount(fields, 'target');
  const published = takeCount(fields, 'published');
  const protocol = takeWord(fields, 'protocol', protocols) ?? 'tcp';
  const mode = takeWord(fields, 'mode', ['ingress', 'host'] as const) ?? 'ingress';
  takeText(fields, 'name');
  closeFields(fields);
  if (target === undefined || !isPort(target) || (published !== undefined && !isPort(published))) {
    throw wrongValue(reading, `${at}.target`, 'a port');
  }
  return toPort(target, published, protocol, mode);
}

/** `8080` or `8080-8089`. */
function readRange(reading: Reading, at: string, text: string): readonly number[] {
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const first = Number(from);
  const last = Number(to);
  if (!isPort(first) || !isPort(last) || last < first) throw wrongValue(reading, at, 'ports from 1 to 65535');
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

function toPort(target: number, published: number | undefined, protocol: string, mode: string): Data {
  return { ...compact({ PublishedPort: published }), Protocol: protocol, TargetPort: target, PublishMode: mode };
}
