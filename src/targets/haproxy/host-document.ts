import { z } from 'zod';
import { Failure } from '../../core/failure.js';
import { splitShellWords } from '../../formats/shell-words.js';
import { syntaxOf } from '../../formats/template-syntax.js';
import { findNode, placeOf, plainOf, type TextTree } from '../../formats/text-tree.js';
import { parseYamlTree, tryYamlTree } from '../../formats/yaml-tree.js';

/** A host's template: its HAProxy, and the services behind it. Times in seconds, memory in bytes. */
export type HostDocument = z.output<typeof hostSchema>;
/** One service of the file, with its defaults filled in. */
export type HostService = z.output<typeof serviceSchema> & { readonly id: string; readonly backend: string };

/** What becomes part of a container's, a server's or a backend's name: no space, quote or separator of HAProxy's command line. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'must be a name of letters, digits, _ . and -');
const path = z.string().regex(/^\/\S*$/, 'must be an absolute path');
const duration = z.union([z.string(), z.number()]).transform((value, context) => {
  const seconds = typeof value === 'number' ? value : parseDuration(value);
  if (seconds !== undefined && seconds >= 0 && seconds <= 86_400) return seconds;
  context.addIssue({ code: 'custom', message: 'must be a duration such as 30s or 1m30s' });
  return z.NEVER;
});
const bytes = z.union([z.string(), z.number()]).transform((value, context) => {
  const match = /^(\d+(?:\.\d+)?) ?(?:([kmgt])i?)?b?$/i.exec(String(value));
  if (match !== null) return Math.round(Number(match[1]) * 1024 ** ' kmgt'.indexOf(match[2]?.toLowerCase() ?? ' '));
  context.addIssue({ code: 'custom', message: 'must be a size such as 256m' });
  return z.NEVER;
});
const words = z.union([z.string(), z.array(z.string())]).transform((value, context) => {
  const split = typeof value === 'string' ? splitShellWords(value) : value;
  if (split !== undefined) return split;
  context.addIssue({ code: 'custom', message: 'must be a command line with its quotes closed' });
  return z.NEVER;
});
const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
/** A mapping, or Compose's list of `KEY=VALUE`. */
const pairs = z
  .union([
    z.record(z.string().regex(/^[^\s=]+$/, 'must be a name without = and spaces'), scalar),
    z.array(z.string().regex(/^[^\s=]+=/, 'must be KEY=VALUE')),
  ])
  .transform((value) =>
    Array.isArray(value)
      ? Object.fromEntries(value.map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]))
      : value,
  );
const portRange = z.string().transform((value, context) => {
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(value) ?? [];
  const range = { from: Number(from), to: Number(to) };
  if (range.from >= 1 && range.to <= 65_535 && range.from < range.to) return range;
  context.addIssue({ code: 'custom', message: 'must be a range of ports such as 18000-18999' });
  return z.NEVER;
});

const haproxySchema = z.strictObject({
  /** The socket of the Runtime API, with level admin. */
  socket: path,
  /** The file that HAProxy starts with. */
  config: path,
  /** What checks a configuration. */
  program: z.string().min(1).default('haproxy'),
  /** The host's address that containers are published on, and that HAProxy and other services reach them by. */
  address: z.union([z.ipv4(), z.ipv6()]).default('127.0.0.1'),
  ports: portRange.default({ from: 18_000, to: 18_999 }),
});

const serviceSchema = z.strictObject({
  image: z.string(),
  port: z.int().min(1).max(65_535),
  health: z
    .string()
    .regex(/^\/[^\s#]*$/, 'must be a path that starts with /')
    .optional(),
  backend: name.optional(),
  instances: z.int().min(1).max(50).default(1),
  server: z
    .string()
    .regex(/^[A-Za-z0-9 ._:/%-]*$/, 'must be options of a server line, without quotes, escapes and comments')
    .default('check inter 1s fall 2 rise 2'),
  through: z.url({ protocol: /^http$/ }).optional(),
  drain: duration.default(30),
  command: words.optional(),
  entrypoint: words.optional(),
  environment: pairs.default({}),
  labels: pairs.default({}),
  volumes: z
    .array(z.string().regex(/^[^:\s]+:\/[^:\s]*(:(ro|rw))?$/, "must be 'volume:/path' or '/host/path:/path', with :ro"))
    .default([]),
  tmpfs: z.array(path).default([]),
  networks: z.array(name).default([]),
  mem_limit: bytes.optional(),
  cpus: z
    .union([z.number(), z.string().regex(/^\d*\.?\d+$/)])
    .transform(Number)
    .optional(),
  user: z.string().optional(),
  working_dir: path.optional(),
  init: z.boolean().optional(),
  read_only: z.boolean().optional(),
  cap_add: z.array(z.string()).default([]),
  cap_drop: z.array(z.string()).default([]),
  extra_hosts: z.array(z.string().regex(/^[^:\s]+:\S+$/, "must be 'host:address'")).default([]),
  stop_signal: z.string().optional(),
  stop_grace_period: duration.optional(),
});

const hostSchema = z.strictObject({ haproxy: haproxySchema, services: z.record(name, serviceSchema) });

/**
 * The file for rewriting, its placeholders masked. Undefined: not a file of one host (YAML with a `haproxy` and a `services` mapping at
 * the top). Throws `deploy.template-invalid` for one that YAML cannot read.
 */
export function parseHostTree(path: string, text: string): TextTree | undefined {
  if (syntaxOf(path, text) !== 'yaml' || !/^["']?haproxy["']?[ \t]*:/m.test(text.replace(/^\uFEFF/, '')))
    return undefined;
  const tree = tryYamlTree(path, text);
  if (!('roots' in tree)) return parseYamlTree(path, text);
  const [root] = tree.roots;
  const isOurs = ['haproxy', 'services'].every((key) => findNode(tree, root, key)?.kind === 'map');
  return isOurs && tree.roots.length === 1 ? tree : undefined;
}

/**
 * The host that a file describes. Throws `deploy.template-invalid` with every wrong value and the first one's line; a key that Slipway
 * does not know is one, so that nothing which a template asks for is left undone in silence.
 */
export function parseHost(path: string, text: string): HostDocument {
  const tree = parseYamlTree(path, text, text);
  const [root] = tree.roots;
  const parsed = hostSchema.safeParse(root === undefined ? undefined : plainOf(root));
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const wrong = issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
  const at = issues[0]?.path.map((step) => (typeof step === 'number' ? step : String(step))) ?? [];
  const deepest = at.map((_, index) => findNode(tree, root, ...at.slice(0, at.length - index))).find(Boolean);
  throw new Failure('deploy.template-invalid', {
    message:
      wrong.length === 1 ? (wrong[0] ?? '') : `${wrong.length} values of this template are wrong: ${wrong.join('; ')}`,
    where: placeOf(tree, (deepest ?? root)?.start ?? 0),
    remedy: 'See docs/targets/haproxy.md for what a host file may hold.',
  });
}

/** One service of the host. Throws `deploy.no-match` with the services there are. */
export function serviceOf(file: string, host: HostDocument, id: string): HostService {
  const service = host.services[id];
  if (service !== undefined) return { ...service, id, backend: service.backend ?? id };
  throw new Failure('deploy.no-match', {
    message: `There is no service '${id}' on this host`,
    where: file,
    remedy: 'Name one of its services.',
    candidates: Object.keys(host.services),
  });
}

/** Seconds of a duration as Compose writes it: `1m30s`, `1.5s`, `500ms`. */
function parseDuration(text: string): number | undefined {
  const units: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) return undefined;
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (units[unit ?? ''] ?? 0), 0);
}
