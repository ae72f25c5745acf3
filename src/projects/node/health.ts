import { type Fact, fact } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { readConfig } from './config-file.js';
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

/** Frameworks whose files are their routes: the folder, what a file adds to its path, and the prefix of its routes. */
const routeFiles = [
  {
    framework: 'next',
    config: 'next.config',
    below: ['app', 'src/app'],
    name: (path: string) => `${path}/route`,
    prefix: '',
  },
  {
    framework: 'next',
    config: 'next.config',
    below: ['pages', 'src/pages'],
    name: (path: string) => path,
    prefix: '/api',
  },
  { framework: 'nuxt', config: 'nuxt.config', below: ['server'], name: (path: string) => path, prefix: '/api' },
  { framework: 'nuxt', config: 'nuxt.config', below: ['server/routes'], name: (path: string) => path, prefix: '' },
  {
    framework: 'sveltekit',
    config: 'svelte.config',
    below: ['src/routes'],
    name: (path: string) => `${path}/+server`,
    prefix: '',
  },
];

/** A health path that a file of a framework's routes answers on. Undefined where there is none, or a base path is set. */
export function detectHealthFile(tree: SourceTree, framework: string | undefined): Fact | undefined {
  for (const { config, below, name, prefix } of routeFiles.filter((one) => one.framework === framework)) {
    const { text } = readConfig(tree, config);
    if (/\b(basePath|baseURL|base):/.test(text)) continue;
    for (const path of paths.filter((one) => one.startsWith(prefix))) {
      const files = below.flatMap((folder) =>
        ['.ts', '.js', '.get.ts', '.get.js'].map((ending) => `${folder}${name(path)}${ending}`),
      );
      const found = files.find((one) => tree.has(one));
      if (found) return fact(path, { file: found, because: `a file answers on ${path}` });
    }
  }
  return undefined;
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
