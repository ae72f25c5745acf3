import { type Fact, fact } from '../../core/project.js';
import { lineAt } from './port.js';
import type { SourceFile } from './sources.js';

/** Paths that by custom answer without side effects, the most telling first. */
const paths = ['/health', '/healthz', '/api/health', '/livez', '/_health', '/health/live', '/readyz', '/status/health'];

interface Route {
  readonly path: string;
  readonly file: string;
  readonly line: number;
}

/**
 * A health path that the sources answer on, as a literal route. Undefined where there is none, or where a prefix put
 * before the routes makes the whole path unknowable here.
 */
export function detectHealth(sources: readonly SourceFile[]): Fact | undefined {
  const prefix = globalPrefix(sources);
  if (prefix === undefined) return undefined;
  const isMounted = sources.some(({ text }) => /\bprefix:\s{0,4}['"`]|\.basePath\(/.test(text));
  const routes = sources.flatMap((source, index) => [
    ...routesIn(source, isMounted && index > 0),
    ...controllersIn(source, prefix),
  ]);
  const found = paths.flatMap((path) => routes.find((route) => route.path === path) ?? [])[0];
  if (!found) return undefined;
  return fact(found.path, { file: found.file, line: found.line, because: `a route answers on ${found.path}` });
}

function routesIn({ path: file, text }: SourceFile, isUnsure: boolean): readonly Route[] {
  if (isUnsure) return [];
  const patterns = [
    /(?<![\w$.])(\w{1,40})\.(?:get|all|head)\s{0,4}(?:<[^()]{0,200}>)?\(\s{0,20}['"`](\/[\w/-]{1,40})['"`]/g,
    /(?<![\w$])(url|pathname|path)\s{0,4}={2,3}\s{0,4}['"`](\/[\w/-]{1,40})['"`]/g,
    /\b(case)\s{1,4}['"`](\/[\w/-]{1,40})['"`]\s{0,4}:/g,
    /\b(?:method:\s{0,4}['"`]GET['"`],\s{0,40})(url|path):\s{0,4}['"`](\/[\w/-]{1,40})['"`]/g,
  ];
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)]
      // A router is mounted somewhere else, under a path that is not in this call.
      .filter((match) => !/rout|axios|client|request|http|fetch|agent|got|ky/i.test(match[1] ?? ''))
      .map((match) => ({ path: match[2] ?? '', file, line: lineAt(text, match.index + match[0].length) })),
  );
}

/** Nest: a controller's path and a handler without one of its own, or with one, below the global prefix. */
function controllersIn({ path: file, text }: SourceFile, prefix: string): readonly Route[] {
  const controller = /@Controller\(\s{0,4}(?:['"`]\/?([\w/-]{0,40})['"`])?\s{0,4}\)/.exec(text);
  if (!controller) return [];
  return [...text.matchAll(/@Get\(\s{0,4}(?:['"`]\/?([\w/-]{0,40})['"`])?\s{0,4}\)/g)].map((match) => {
    const path = [prefix, controller[1], match[1]].filter((part) => part !== undefined && part !== '').join('/');
    return { path: `/${path}`, file, line: lineAt(text, match.index) };
  });
}

/** Nest's global prefix; empty where there is none, undefined where it is no literal. */
function globalPrefix(sources: readonly SourceFile[]): string | undefined {
  for (const { text } of sources) {
    if (!/\.setGlobalPrefix\(/.test(text)) continue;
    return /\.setGlobalPrefix\(\s{0,4}['"`]\/?([\w/-]{1,40})['"`]\s{0,4}\)/.exec(text)?.[1];
  }
  return '';
}
