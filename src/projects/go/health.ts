import { Failure } from '../../core/failure.js';
import { type Evidence, type Fact, fact, type Hints } from '../../core/project.js';
import type { Token } from './lex.js';
import type { GoFile } from './package.js';
import type { Program } from './program.js';

/** Paths that are there to be asked whether the service is well, the best first. */
const healthPaths = ['/health', '/healthz', '/livez', '/readyz', '/ping'];

/** What routers call the registration of a route: net/http, chi, gin, echo, fiber, gorilla/mux. */
const registrations = new Set('HandleFunc Handle Get GET Any Path Head HEAD All'.split(' '));
/** What they call a part of the routes under a prefix. */
const groupings = new Set('Route Group Mount PathPrefix StripPrefix Party Namespace'.split(' '));

interface Found extends Evidence {
  readonly value: string;
}

/**
 * The path of a health route that the program registers at the top of its routes; undefined where it has none, or only
 * below a prefix, whose whole path the sources do not show. Throws `settings.invalid` for a hint that is no path.
 */
export function detectHealth(program: Program, hints: Hints): Fact | undefined {
  const found = program.files.flatMap(findRoutes).sort((a, b) => rankOf(a.value) - rankOf(b.value));
  const hint = hints.health;
  if (hint) {
    const value = checkedHint(String(hint.value), hint.origin);
    return fact(
      value,
      { because: `set by ${hint.origin}` },
      found.filter((one) => one.value !== value),
    );
  }
  const [first] = found;
  if (!first) return undefined;
  const { value, ...evidence } = first;
  return fact(
    value,
    evidence,
    found.filter((one) => one.value !== value),
  );
}

function rankOf(path: string): number {
  return healthPaths.indexOf(path);
}

function checkedHint(value: string, origin: string): string {
  if (/^\/[!-~]*$/.test(value)) return value;
  throw new Failure('settings.invalid', {
    message: `health is '${value.slice(0, 100)}', which is no path`,
    where: origin,
    remedy: 'Begin it with /, without spaces.',
  });
}

function findRoutes({ file, tokens, texts }: GoFile): readonly Found[] {
  const routes = texts.filter((index) => routeAt(tokens, index) !== undefined);
  if (routes.length === 0) return [];
  const prefixed = prefixedRanges(tokens);
  const groups = groupNames(tokens);
  return routes.flatMap((index) => {
    const value = routeAt(tokens, index);
    const receiver = tokens[index - 4]?.value ?? '';
    if (value === undefined || groups.has(receiver) || prefixed.some(([start, end]) => index > start && index < end))
      return [];
    return [{ value, file, line: tokens[index]?.line ?? 1, because: `registers a handler for ${value}` }];
  });
}

/** `r.Get("/health", …)`, `mux.HandleFunc("GET /health", …)`, `r.Path("/health")`; not `http.Get("/health")`. */
function routeAt(tokens: readonly Token[], index: number): string | undefined {
  if (index < 4) return undefined;
  const [receiver, dot, name, open, path, next] = tokens.slice(index - 4, index + 2);
  if (path?.type !== 'text' || open?.value !== '(' || dot?.value !== '.') return undefined;
  if (!registrations.has(name?.value ?? '')) return undefined;
  if (next?.value !== ',' && name?.value !== 'Path') return undefined;
  if (receiver?.value === 'http' && !name?.value.startsWith('Handle')) return undefined;
  const value = path.value.replace(/^(?:GET|HEAD) /, '').replace(/\/?(?:\{\$\})?$/, '');
  return healthPaths.includes(value) ? value : undefined;
}

/** Token ranges of the functions that put routes under a prefix: `r.Route("/api", func(r chi.Router) { … })`. */
function prefixedRanges(tokens: readonly Token[]): readonly (readonly [number, number])[] {
  return tokens.flatMap((_token, index) => {
    if (!isGrouping(tokens, index)) return [];
    const hasFunction = tokens[index + 3]?.value === ',' && tokens[index + 4]?.value === 'func';
    return hasFunction ? [[index, closingBrace(tokens, index)] as const] : [];
  });
}

function isGrouping(tokens: readonly Token[], index: number): boolean {
  const [name, open, prefix] = tokens.slice(index, index + 3);
  return (
    name?.type === 'word' &&
    groupings.has(name.value) &&
    open?.value === '(' &&
    prefix?.type === 'text' &&
    !/^\/?$/.test(prefix.value)
  );
}

/** The brace that closes the first one at or after `start`; the end of the file where there is none. */
function closingBrace(tokens: readonly Token[], start: number): number {
  let depth = 0;
  for (let at = start; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token?.type !== 'mark') continue;
    if (token.value === '{') depth += 1;
    if (token.value === '}') depth -= 1;
    if (token.value === '}' && depth === 0) return at;
  }
  return tokens.length;
}

/** Names that hold a group: `api := r.Group("/api")`. */
function groupNames(tokens: readonly Token[]): ReadonlySet<string> {
  const names = tokens.flatMap((_token, index) => {
    if (!isGrouping(tokens, index)) return [];
    const before = tokens.slice(Math.max(index - 6, 0), index);
    const assigned = before.findLastIndex(({ value }) => value === ':=' || value === '=');
    const name = before[assigned - 1];
    return name?.type === 'word' ? [name.value] : [];
  });
  return new Set(names);
}
