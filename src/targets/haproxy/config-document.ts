import { Failure } from '../../core/failure.js';
import { spliceAll, type TextSpan } from '../../formats/text-span.js';

/** Where a server is to be reached. */
export interface ServerAddress {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

/** A `server` line between our marks. */
export interface ServerLine extends ServerAddress {
  readonly disabled: boolean;
  /** The line without its line end. */
  readonly span: TextSpan;
}

/** A backend of a configuration, and the lines in it that are a service's. */
export interface BackendSection {
  readonly path: string;
  readonly text: string;
  readonly backend: string;
  readonly service: string;
  /** From behind the begin mark's line to the start of the end mark's; undefined: the backend has no marks of the service. */
  readonly marked?: TextSpan;
  readonly lines: readonly ServerLine[];
  /** Where marks are to be put when there are none: behind the backend's last line that says something. */
  readonly end: number;
  readonly indent: string;
  readonly lineEnd: string;
}

interface ConfigLine {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Words that begin a section (HAProxy configuration manual, 2.4 and 3.x). */
const sections =
  /^\s*(?:global|defaults|frontend|backend|listen|peers|resolvers|cache|program|mailers|userlist|ring|http-errors|fcgi-app|log-forward|log-profile|crt-store|traces|acme|healthcheck)(?:\s|$)/;

/**
 * Find a backend (or `listen` section). Undefined: there is none of this name. Throws `deploy.refused` where the marks in it are
 * not a pair.
 */
export function findBackend(path: string, text: string, backend: string, service: string): BackendSection | undefined {
  const lines = readLines(text);
  const first = lines.findIndex((line) => {
    const [, name] = /^\s*(?:backend|listen)\s+(\S+)/.exec(line.text) ?? [];
    return name === backend;
  });
  const head = lines[first];
  if (head === undefined) return undefined;
  const next = lines.findIndex((line, index) => index > first && sections.test(line.text));
  const body = lines.slice(first + 1, next < 0 ? undefined : next);
  const said = body.filter((line) => /^\s*[^\s#]/.test(line.text) || /^\s*# slipway:/.test(line.text));
  const last = said.at(-1) ?? head;
  const marks = findMarks(path, text, body, service);
  return {
    path,
    text,
    backend,
    service,
    ...(marks && { marked: { start: startOfNext(text, marks.begin), end: marks.end.start } }),
    lines: marks === undefined ? [] : readServers(body, marks.begin.end, marks.end.start),
    end: last.end,
    indent: /^\s*/.exec((said.at(-1) ?? { text: '    ' }).text)?.[0] || '    ',
    lineEnd: text.slice(head.end, head.end + 2) === '\r\n' ? '\r\n' : '\n',
  };
}

/** Every backend's name, for a message. */
export function listBackends(text: string): readonly string[] {
  return [...text.matchAll(/^[ \t]*(?:backend|listen)[ \t]+(\S+)/gm)].map((match) => match[1] ?? '');
}

/** The text in which the marked lines are exactly these servers, with these options; marks are put in where there are none. */
export function renderServers(section: BackendSection, servers: readonly ServerAddress[], options: string): string {
  const { indent, lineEnd, service, marked, text } = section;
  const lines = servers.map((each) => `${indent}server ${each.name} ${hostPort(each)} ${options}`.trimEnd());
  if (marked !== undefined) return spliceAll(text, [{ ...marked, text: lines.map((line) => line + lineEnd).join('') }]);
  const all = [beginMark(indent, service), ...lines, endMark(indent, service)];
  const at = { start: section.end, end: section.end };
  return spliceAll(text, [{ ...at, text: all.map((line) => lineEnd + line).join('') }]);
}

/**
 * The text in which every pre-declared slot that is to take requests has its address, and every other is `disabled`. What else
 * stands on a line stays as it is.
 */
export function renderSlots(section: BackendSection, serving: readonly ServerAddress[]): string {
  return [...section.lines].reverse().reduce((text, line) => {
    const wanted = serving.find((each) => each.name === line.name);
    const before = section.text.slice(line.span.start, line.span.end);
    return spliceAll(text, [{ ...line.span, text: wanted === undefined ? disable(before) : enable(before, wanted) }]);
  }, section.text);
}

/** Begin and end of the lines that Slipway writes. */
function beginMark(indent: string, service: string): string {
  return `${indent}# slipway:begin ${service} (written by Slipway: what a restart of HAProxy begins with)`;
}

function endMark(indent: string, service: string): string {
  return `${indent}# slipway:end ${service}`;
}

/** Lines that declare slots: servers that are out until Slipway gives them an address. */
export function slotLines(
  service: string,
  names: readonly string[],
  options: string,
  indent: string,
): readonly string[] {
  const slots = names.map((name) => `${indent}server ${name} 127.0.0.1:1 ${options} disabled`.trimEnd());
  return [beginMark(indent, service), ...slots, endMark(indent, service)];
}

/** `address:port`, IPv6 in brackets. */
export function hostPort(server: Omit<ServerAddress, 'name'>): string {
  return `${server.address.includes(':') ? `[${server.address}]` : server.address}:${server.port}`;
}

const serverPattern = /^(\s*server\s+)(\S+)(\s+)(\S+)(.*)$/;

function enable(line: string, server: ServerAddress): string {
  return line.replace(
    serverPattern,
    (_, start: string, name: string, space: string, _address: string, rest: string) =>
      `${start}${name}${space}${hostPort(server)}${rest.replace(/\s+disabled(?=\s|$)/g, '')}`,
  );
}

function disable(line: string): string {
  return line.replace(serverPattern, (whole, _start, _name, _space, _address, rest: string) =>
    /\sdisabled(?:\s|$)/.test(rest) ? whole : withWord(whole, 'disabled'),
  );
}

/** Behind the last word, before a comment. */
function withWord(line: string, word: string): string {
  const [, said = line, comment = ''] = /^(.*?)(\s*#.*|\s*)$/.exec(line) ?? [];
  return `${said} ${word}${comment}`;
}

function readServers(body: readonly ConfigLine[], from: number, to: number): readonly ServerLine[] {
  return body.flatMap((line): ServerLine[] => {
    const [, , name, , address, rest = ''] = serverPattern.exec(line.text) ?? [];
    if (line.start < from || line.start >= to || name === undefined || address === undefined) return [];
    const colon = address.lastIndexOf(':');
    return [
      {
        name,
        address: address.slice(0, colon).replace(/^\[(.*)\]$/, '$1'),
        port: Number(address.slice(colon + 1)),
        disabled: /\sdisabled(?:\s|$)/.test(rest.replace(/#.*/, '')),
        span: { start: line.start, end: line.end },
      },
    ];
  });
}

function findMarks(path: string, text: string, body: readonly ConfigLine[], service: string) {
  const find = (word: string) =>
    body.filter((line) => {
      const [, mark, name] = /^\s*#\s*slipway:(begin|end)\s+(\S+)/.exec(line.text) ?? [];
      return mark === word && name === service;
    });
  const [begins, ends] = [find('begin'), find('end')];
  const [begin, end] = [begins[0], ends[0]];
  if (begin === undefined && end === undefined) return undefined;
  if (begins.length === 1 && ends.length === 1 && begin && end && begin.start < end.start) return { begin, end };
  throw new Failure('deploy.refused', {
    message: `The marks of service '${service}' are not one pair in their order`,
    where: `${path}:${text.slice(0, (begin ?? end)?.start).split('\n').length}`,
    remedy: `There must be one '# slipway:begin ${service}', and below it one '# slipway:end ${service}'.`,
  });
}

function readLines(text: string): readonly ConfigLine[] {
  return [...text.matchAll(/[^\r\n]*(?:\r\n|\n|\r|$)/g)].flatMap((match): ConfigLine[] => {
    const line = match[0].replace(/[\r\n]+$/, '');
    return match[0] === '' ? [] : [{ start: match.index, end: match.index + line.length, text: line }];
  });
}

function startOfNext(text: string, line: ConfigLine): number {
  return line.end + (/^(?:\r\n|\n|\r)/.exec(text.slice(line.end, line.end + 2))?.[0].length ?? 0);
}
