import { type Fact, fact } from '../../core/project.js';
import { lineOf, type Manifest } from './manifest.js';

/** What is known of a framework; what its build makes is in `servers.ts` and `sites.ts`. */
export interface Framework {
  readonly name: string;
  readonly packages: readonly string[];
  /** `server`: listens itself; `static`: its build is files; `either`: its configuration decides. */
  readonly makes: 'server' | 'static' | 'either';
  /** The port it listens on when nothing says otherwise and PORT is not set. */
  readonly port?: number;
  /** A tool that also serves other ends counts only where the script `build` uses it so. */
  readonly build?: RegExp;
}

/** In the order of asking: what stands on another comes before it. */
const frameworks: readonly Framework[] = [
  { name: 'strapi', packages: ['@strapi/strapi'], makes: 'server', port: 1337 },
  { name: 'medusa', packages: ['@medusajs/medusa'], makes: 'server', port: 9000 },
  { name: 'keystone', packages: ['@keystone-6/core'], makes: 'server', port: 3000 },
  { name: 'next', packages: ['next'], makes: 'server', port: 3000 },
  { name: 'nuxt', packages: ['nuxt', 'nuxt3'], makes: 'server', port: 3000 },
  {
    name: 'remix',
    packages: ['@remix-run/node', '@remix-run/serve', '@remix-run/express'],
    makes: 'server',
    port: 3000,
  },
  {
    name: 'react-router',
    packages: ['@react-router/node', '@react-router/serve', '@react-router/dev'],
    makes: 'either',
    port: 3000,
  },
  { name: 'sveltekit', packages: ['@sveltejs/kit'], makes: 'either', port: 3000 },
  { name: 'astro', packages: ['astro'], makes: 'either', port: 4321 },
  { name: 'solid-start', packages: ['@solidjs/start'], makes: 'server', port: 3000 },
  { name: 'nest', packages: ['@nestjs/core'], makes: 'server', port: 3000 },
  { name: 'adonis', packages: ['@adonisjs/core'], makes: 'server', port: 3333 },
  { name: 'gatsby', packages: ['gatsby'], makes: 'static' },
  { name: 'docusaurus', packages: ['@docusaurus/core'], makes: 'static' },
  { name: 'angular', packages: ['@angular/core'], makes: 'either', port: 4000 },
  { name: 'sails', packages: ['sails'], makes: 'server', port: 1337 },
  { name: 'fastify', packages: ['fastify'], makes: 'server' },
  { name: 'hapi', packages: ['@hapi/hapi'], makes: 'server' },
  { name: 'express', packages: ['express'], makes: 'server' },
  { name: 'koa', packages: ['koa'], makes: 'server' },
  { name: 'hono', packages: ['hono'], makes: 'server' },
  { name: 'probot', packages: ['probot'], makes: 'server', port: 3000 },
  { name: 'functions-framework', packages: ['@google-cloud/functions-framework'], makes: 'server', port: 8080 },
  { name: 'quasar', packages: ['@quasar/app-vite', '@quasar/app-webpack', '@quasar/app'], makes: 'static' },
  { name: 'cra', packages: ['react-scripts'], makes: 'static' },
  { name: 'vue', packages: ['@vue/cli-service'], makes: 'static' },
  { name: 'vitepress', packages: ['vitepress'], makes: 'static' },
  { name: 'vuepress', packages: ['vuepress'], makes: 'static' },
  { name: 'eleventy', packages: ['@11ty/eleventy'], makes: 'static' },
  { name: 'nitro', packages: ['nitro', 'nitropack'], makes: 'either', port: 3000 },
  { name: 'vite', packages: ['vite'], makes: 'static' },
  { name: 'parcel', packages: ['parcel'], makes: 'static', build: /\bparcel build\b/ },
  { name: 'webpack', packages: ['html-webpack-plugin'], makes: 'static', build: /\bwebpack\b/ },
  { name: 'storybook', packages: ['storybook'], makes: 'static', build: /\b(storybook build|build-storybook)\b/ },
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

function isUsed(manifest: Manifest, framework: Framework, name: string): boolean {
  if (framework.build?.test(manifest.scripts.get('build')?.value.slice(0, 2000) ?? '') === false) return false;
  if (manifest.dependencies.has(name)) return true;
  const isBuildTool = framework.port === undefined ? framework.makes !== 'server' : framework.name !== 'nest';
  return isBuildTool && manifest.devDependencies.has(name);
}

function dependencyOn(manifest: Manifest, name: string): { file: string; line?: number; because: string } {
  const group =
    manifest.devDependencies.has(name) && !manifest.dependencies.has(name) ? 'devDependencies' : 'dependencies';
  const line = lineOf(manifest, group, name);
  return { file: manifest.path, ...(line && { line }), because: `${name} is in ${group}` };
}
