import { type Fact, fact } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { type JsonNode, jsonAt, jsonMembers, jsonText, parseJsonDocument } from '../../formats/json-document.js';
import { lineOf, type Manifest } from './manifest.js';
import { normalisePath } from './sources.js';

/** What is known of a framework. Server files are what its own documentation starts in production. */
export interface Framework {
  readonly name: string;
  readonly packages: readonly string[];
  /** `server`: listens itself; `static`: its build is files; `either`: its configuration decides. */
  readonly makes: 'server' | 'static' | 'either';
  /** The port it listens on when nothing says otherwise and PORT is not set. */
  readonly port?: number;
  /** Where its build puts the files of a static site. */
  readonly site?: string;
}

/** In the order of asking: what stands on another comes before it. */
const frameworks: readonly Framework[] = [
  { name: 'next', packages: ['next'], makes: 'server', port: 3000, site: 'out' },
  { name: 'nuxt', packages: ['nuxt', 'nuxt3'], makes: 'server', port: 3000 },
  {
    name: 'remix',
    packages: ['@remix-run/node', '@remix-run/serve', '@remix-run/express'],
    makes: 'server',
    port: 3000,
  },
  { name: 'react-router', packages: ['@react-router/node', '@react-router/serve'], makes: 'server', port: 3000 },
  { name: 'sveltekit', packages: ['@sveltejs/kit'], makes: 'either', port: 3000, site: 'build' },
  { name: 'astro', packages: ['astro'], makes: 'either', port: 4321, site: 'dist' },
  { name: 'nest', packages: ['@nestjs/core'], makes: 'server', port: 3000 },
  { name: 'adonis', packages: ['@adonisjs/core'], makes: 'server', port: 3333 },
  { name: 'gatsby', packages: ['gatsby'], makes: 'static', site: 'public' },
  { name: 'fastify', packages: ['fastify'], makes: 'server' },
  { name: 'hapi', packages: ['@hapi/hapi'], makes: 'server' },
  { name: 'express', packages: ['express'], makes: 'server' },
  { name: 'koa', packages: ['koa'], makes: 'server' },
  { name: 'hono', packages: ['hono'], makes: 'server' },
  { name: 'cra', packages: ['react-scripts'], makes: 'static', site: 'build' },
  { name: 'angular', packages: ['@angular/core'], makes: 'either', port: 4000 },
  { name: 'vue', packages: ['@vue/cli-service'], makes: 'static', site: 'dist' },
  { name: 'vite', packages: ['vite'], makes: 'static', site: 'dist' },
];

/** The framework and the fact; undefined where no known one is a dependency. A server's counts only as a run-time dependency. */
export function detectFramework(
  manifest: Manifest,
): { readonly framework: Framework; readonly fact: Fact } | undefined {
  const found = frameworks.flatMap((framework) => {
    const name = framework.packages.find((one) => isUsed(manifest, framework, one));
    return name === undefined ? [] : [{ framework, because: dependencyOn(manifest, name) }];
  });
  const [first, ...others] = found;
  if (!first) return undefined;
  return {
    framework: first.framework,
    fact: fact(
      first.framework.name,
      first.because,
      others.map((one) => ({ ...one.because, value: one.framework.name })),
    ),
  };
}

/** The command line that starts a framework's own production server; undefined where it has none. */
export function serverOf(framework: Framework, tree: SourceTree, manifest: Manifest): readonly string[] | undefined {
  switch (framework.name) {
    case 'next':
      return nextServer(tree);
    case 'nuxt':
      return ['node', '.output/server/index.mjs'];
    case 'remix':
      return manifest.dependencies.has('@remix-run/serve')
        ? ['node_modules/.bin/remix-serve', './build/server/index.js']
        : undefined;
    case 'react-router':
      return manifest.dependencies.has('@react-router/serve')
        ? ['node_modules/.bin/react-router-serve', './build/server/index.js']
        : undefined;
    case 'sveltekit':
      return hasPackage(manifest, '@sveltejs/adapter-node') ? ['node', 'build'] : undefined;
    case 'astro':
      return hasPackage(manifest, '@astrojs/node') ? ['node', './dist/server/entry.mjs'] : undefined;
    case 'nest':
      return ['node', 'dist/main.js'];
    default:
      return undefined;
  }
}

/** The directory of the static site that the build makes; undefined where it makes a server. */
export function siteOf(framework: Framework, tree: SourceTree, manifest: Manifest): string | undefined {
  if (framework.name === 'angular') return angularSite(tree);
  if (framework.site === undefined) return undefined;
  if (framework.name === 'next') return isExportedNext(tree) ? framework.site : undefined;
  if (framework.name === 'sveltekit' && !hasPackage(manifest, '@sveltejs/adapter-static')) return undefined;
  if (framework.name === 'astro' && /\boutput:\s*['"](server|hybrid)['"]/.test(configOf(tree, 'astro.config')))
    return undefined;
  const own = /\boutDir:\s*['"]\.?\/?([A-Za-z0-9][\w/-]*)['"]/.exec(configOf(tree, 'vite.config'))?.[1];
  return framework.name === 'vite' && own ? own : framework.site;
}

/** `next build` makes a self-contained server when its configuration asks for it. */
export function isStandaloneNext(tree: SourceTree): boolean {
  return /\boutput:\s*['"]standalone['"]/.test(nextConfig(tree));
}

function nextServer(tree: SourceTree): readonly string[] | undefined {
  if (isExportedNext(tree)) return undefined;
  return isStandaloneNext(tree) ? ['node', '.next/standalone/server.js'] : ['node_modules/.bin/next', 'start'];
}

/** `next build` then makes files and no server. */
function isExportedNext(tree: SourceTree): boolean {
  return /\boutput:\s*['"]export['"]/.test(nextConfig(tree));
}

/**
 * The first project's `outputPath`, by default `dist/<project>`; the application builder puts the site into `browser` below
 * it. Undefined with server-side rendering, and for a workspace file that is none.
 */
function angularSite(tree: SourceTree): string | undefined {
  const [name, project] = jsonMembers(jsonAt(readJson(tree, 'angular.json'), 'projects'))[0] ?? [];
  const build = jsonAt(project, 'architect', 'build') ?? jsonAt(project, 'targets', 'build');
  const options = jsonAt(build, 'options');
  if (!build || jsonAt(options, 'ssr')?.value || jsonAt(options, 'server')?.value) return undefined;
  const written = jsonText(options, 'outputPath') ?? jsonText(options, 'outputPath', 'base') ?? `dist/${name}`;
  const path = normalisePath(written);
  if (path === undefined || !/^\w[\w./-]*$/.test(path)) return undefined;
  const browser = jsonText(options, 'outputPath', 'browser') ?? 'browser';
  const isApplication = jsonText(build, 'builder')?.endsWith(':application') ?? false;
  return isApplication && browser !== '' ? `${path}/browser` : path;
}

function readJson(tree: SourceTree, path: string): JsonNode | undefined {
  try {
    const text = tree.read(path);
    return text === undefined ? undefined : parseJsonDocument(text, { relaxed: true });
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isUsed(manifest: Manifest, framework: Framework, name: string): boolean {
  if (manifest.dependencies.has(name)) return true;
  const isBuildTool = framework.port === undefined ? framework.makes !== 'server' : framework.name !== 'nest';
  return isBuildTool && manifest.devDependencies.has(name);
}

function hasPackage(manifest: Manifest, name: string): boolean {
  return manifest.dependencies.has(name) || manifest.devDependencies.has(name);
}

function dependencyOn(manifest: Manifest, name: string): { file: string; line?: number; because: string } {
  const group =
    manifest.devDependencies.has(name) && !manifest.dependencies.has(name) ? 'devDependencies' : 'dependencies';
  const line = lineOf(manifest, group, name);
  return { file: manifest.path, ...(line && { line }), because: `${name} is in ${group}` };
}

function nextConfig(tree: SourceTree): string {
  return configOf(tree, 'next.config');
}

function configOf(tree: SourceTree, base: string): string {
  for (const ending of ['.ts', '.mts', '.js', '.mjs', '.cjs']) {
    const text = tree.read(`${base}${ending}`);
    if (text !== undefined) return text.replace(/^\s*\/\/.*$/gm, '').slice(0, 100_000);
  }
  return '';
}
