import { type Evidence, type Fact, fact, type Rejected } from '../../core/project.js';
import type { Framework } from './framework.js';
import type { SourceFile } from './sources.js';
import { commandsOf } from './start-script.js';
import { staticServer } from './static-server.js';

interface Found extends Evidence {
  readonly port: string;
}

/** Where a port's number stands: the default of PORT is what runs when nothing sets it, so it goes before a plain literal. */
const defaults = [
  /\bprocess\.env(?:\.|\[['"])[A-Z_]{0,20}PORT(?:['"]\])?\s{0,4}(?:\|\||\?\?)\s{0,4}(?:Number\()?['"]?(\d{2,5})\b/g,
  /\bprocess\.env(?:\.|\[['"])[A-Z_]{0,20}PORT(?:['"]\])?\s{0,4}(?:,\s{0,4}10\s{0,4})?\)\s{0,4}(?:\|\||\?\?)\s{0,4}['"]?(\d{2,5})\b/g,
  /\b[A-Z_]{0,20}PORT\s{0,4}=\s{0,4}['"]?(\d{2,5})['"]?\s{0,4}\}\s{0,4}=\s{0,4}process\.env\b/g,
];
const literals = [
  /\.listen\(\s{0,20}(\d{2,5})\s{0,4}[,)]/g,
  /\.listen\(\s{0,20}\{[^}]{0,200}?\bport:\s{0,4}(\d{2,5})\b/g,
  /\bserve\(\s{0,20}\{[^}]{0,200}?\bport:\s{0,4}(\d{2,5})\b/g,
  /\b(?:const|let|var)\s{1,4}(?:port|PORT)(?:\s{0,4}:\s{0,4}\w{1,20})?\s{0,4}=\s{0,4}['"]?(\d{2,5})['"]?\s{0,4}(?:[;,]|$)/gm,
];

/**
 * The port that the service listens on. In this order: the start command (`-p 4000`, `PORT=4000`), the default of PORT in the
 * sources, a literal in them, the framework's default. Two different numbers at one step are no answer: undefined.
 * A service that reads PORT without a default gets 3000, which the image then sets.
 */
export function detectPort(
  start: Fact,
  sources: readonly SourceFile[],
  framework: Framework | undefined,
): Fact | undefined {
  const argv = Array.isArray(start.value) ? (start.value as readonly string[]) : [];
  if (argv.includes(staticServer.path)) return fact('8080', { because: 'the static file server listens there' });
  const command = commandsOf(argv).at(-1) ?? [];
  const inCommand = portOfCommand(command);
  const steps = [
    inCommand === undefined ? [] : [{ ...start.from[0], because: 'the start command names it', port: inCommand }],
    search(sources, defaults, 'the default of PORT'),
    search(sources, literals, 'a literal that is listened on'),
    framework?.port === undefined
      ? []
      : [{ port: String(framework.port), because: `the default of ${framework.name}` }],
    command.some((word) => /\$\{?PORT\b/.test(word))
      ? [{ ...start.from[0], because: 'the start command reads PORT, which the image sets', port: '3000' }]
      : [],
    command.some((word) => /(^|\/)node_modules\/\.bin\/fastify$/.test(word))
      ? [{ ...start.from[0], because: 'the default of fastify-cli, which reads PORT', port: '3000' }]
      : [],
    readsPort(sources),
  ];
  const step = steps.findIndex((found) => found.length > 0);
  const [first] = steps[step] ?? [];
  if (!first || steps[step]?.some((one) => one.port !== first.port)) return undefined;
  const agreeing = (steps[step] ?? []).map(evidenceOf);
  return fact(
    first.port,
    agreeing.slice(0, 1),
    steps
      .slice(step + 1, 3)
      .flat()
      .filter((one) => one.port !== first.port)
      .map(rejectedOf),
  );
}

function portOfCommand(argv: readonly string[]): string | undefined {
  for (const [index, word] of argv.entries()) {
    const joined = /^(?:PORT=|--port=|-p=?|[\w=-]*\$\{PORT:?-)(\d{2,5})\}?$/.exec(word)?.[1];
    if (joined !== undefined) return valid(joined);
    if (/^(-p|--port)$/.test(word) && /^\d{2,5}$/.test(argv[index + 1] ?? '')) return valid(argv[index + 1] ?? '');
  }
  return undefined;
}

/** Two are one too many already. */
const maxPorts = 20;

/** Each port once, where it stands first. */
function search(sources: readonly SourceFile[], patterns: readonly RegExp[], because: string): readonly Found[] {
  const found: Found[] = [];
  for (const { path, text } of sources) {
    for (const pattern of patterns) {
      for (const match of text.matchAll(pattern)) {
        const port = valid(match[1] ?? '');
        if (port !== undefined && found.length < maxPorts && !found.some((one) => one.port === port))
          found.push({ port, file: path, line: lineAt(text, match.index + match[0].length), because });
      }
    }
    // A port further away from the start file belongs to something else when a nearer file has one.
    if (found.length > 0) break;
  }
  return found;
}

function readsPort(sources: readonly SourceFile[]): readonly Found[] {
  for (const { path, text } of sources) {
    const match = /\bprocess\.env(?:\.PORT\b|\[['"]PORT['"]\])/.exec(text);
    if (match)
      return [
        { port: '3000', file: path, line: lineAt(text, match.index), because: 'PORT is read, and set by the image' },
      ];
  }
  return [];
}

function valid(text: string): string | undefined {
  const port = Number(text);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? String(port) : undefined;
}

/** The 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

function evidenceOf({ port: _, ...evidence }: Found): Evidence {
  return evidence;
}

function rejectedOf(found: Found): Rejected {
  return { ...evidenceOf(found), value: found.port };
}
