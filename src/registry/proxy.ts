import { BlockList, isIP } from 'node:net';
import { Failure } from '../core/failure.js';
import { isLoopback } from './hosts.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL: `HTTPS_PROXY` or `HTTP_PROXY`, in capitals or not, unless `NO_PROXY` names its host; the same rules as the Docker
 * engine's (golang.org/x/net/http/httpproxy). Undefined: none. This machine is never asked through one. Throws
 * `settings.invalid` for a proxy that is no address.
 */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const text = variable(environment, name);
  if (text === undefined || isLoopback(url.host)) return undefined;
  if (isExempt(url, variable(environment, 'NO_PROXY') ?? '')) return undefined;
  const address = text.includes('://') ? text : `http://${text}`;
  const proxy = URL.canParse(address) ? new URL(address) : undefined;
  if (proxy && /^https?:$/.test(proxy.protocol)) return proxy;
  // It may hold a password, so it is not shown.
  throw new Failure('settings.invalid', {
    message: 'The proxy is no address of a proxy that speaks HTTP',
    where: name,
    remedy: 'Write it as http://proxy.example.com:3128.',
  });
}

function variable(environment: Environment, name: string): string | undefined {
  return environment[name] || environment[name.toLowerCase()] || undefined;
}

/** `example.com` and what is under it, `.example.com` what is under it alone, an address, a network (`10.0.0.0/8`), each with a port or not; `*` all. */
function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .toLowerCase()
    .split(/[,\s]+/)
    .filter((entry) => entry !== '')
    .some((entry) => covers(entry, host, port));
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const network = /^(.+)\/(\d{1,3})$/.exec(entry);
  if (network) return isInNetwork(host, network[1] ?? '', Number(network[2]));
  const [, name = '', wanted] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (wanted !== undefined && wanted !== port) return false;
  if (isIP(host) !== 0) return host === name;
  const suffix = name.replace(/^\*?\./, '.');
  return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

function isInNetwork(host: string, net: string, bits: number): boolean {
  const family = isIP(net);
  if (family === 0 || isIP(host) !== family || bits > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const network = new BlockList();
  network.addSubnet(net, bits, type);
  return network.check(host, type);
}
