import type { Evidence, Rejected } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { jsonAt, jsonMembers, jsonText } from '../../formats/json-document.js';
import { angularAttempts } from './angular.js';
import type { Attempt } from './attempt.js';
import { isComputed, literalOf, placeOf, plainFolder, readConfig } from './config-file.js';
import { readJsonConfig } from './json-config.js';
import type { Manifest } from './manifest.js';
import { folderFrom, saidBy, serveSite } from './site.js';
import { compiledPath, readCompiler } from './tsconfig.js';

type Servers = (tree: SourceTree, manifest: Manifest) => readonly Attempt[];

/** What the builds of frameworks make that render on a server, or can: the configuration decides. */
const servers: Readonly<Record<string, Servers>> = {
  next: nextAttempts,
  nuxt: nuxtAttempts,
  nitro: () => [serverOf('nitro', ['node', '.output/server/index.mjs'])],
  remix: (tree, manifest) => routerAttempts('remix', '@remix-run/serve', 'remix-serve', tree, manifest),
  'react-router': (tree, manifest) =>
    routerAttempts('react-router', '@react-router/serve', 'react-router-serve', tree, manifest),
  sveltekit: svelteAttempts,
  astro: astroAttempts,
  nest: nestAttempts,
  adonis: (_tree, manifest) => [
    serverOf('adonis', [
      'node',
      jsonText(manifest.root, 'type') === 'module' ? 'build/bin/server.js' : 'build/server.js',
    ]),
  ],
  angular: angularAttempts,
};

/** How what a framework builds is started in production; none for one that is only a library. */
export function serverAttempts(name: string, tree: SourceTree, manifest: Manifest): readonly Attempt[] {
  return servers[name]?.(tree, manifest) ?? [];
}

/** `standalone`, `export` and the like; undefined for the usual server. */
export function nextOutput(tree: SourceTree): string | undefined {
  return literalOf(readConfig(tree, 'next.config'), 'output');
}

function serverOf(name: string, argv: readonly string[], evidence?: Omit<Evidence, 'because'>): Attempt {
  return { ...evidence, argv, because: `the production server of ${name}` };
}

/** https://nextjs.org/docs/app/api-reference/config/next-config-js/output */
function nextAttempts(tree: SourceTree): readonly Attempt[] {
  const config = readConfig(tree, 'next.config');
  const output = literalOf(config, 'output');
  const place = placeOf(config, 'output');
  if (output === 'export') {
    const folder = folderFrom(config, 'distDir', 'out');
    return [
      serveSite({
        folder,
        base: literalOf(config, 'basePath'),
        ...place,
        because: `next exports a site into ${folder}`,
      }),
    ];
  }
  if (output === 'standalone') {
    const dist = folderFrom(config, 'distDir', '.next');
    if (dist === '.next') return [serverOf('next', ['node', '.next/standalone/server.js'], place)];
    return [
      { ...place, because: 'next makes a standalone server', refused: 'its distDir is not .next', value: 'next' },
    ];
  }
  if (isComputed(config, 'output') && /['"`]export['"`]/.test(config.text)) {
    return [
      { ...place, because: 'output may be export', refused: 'whether next makes a server is computed', value: 'next' },
    ];
  }
  return [serverOf('next', ['node_modules/.bin/next', 'start'])];
}

/** https://nuxt.com/docs/getting-started/deployment, https://nitro.build/deploy/runtimes/node */
function nuxtAttempts(tree: SourceTree, manifest: Manifest): readonly Attempt[] {
  if (/^[~^]?2(\.|$)/.test(jsonText(manifest.root, 'dependencies', 'nuxt') ?? '')) {
    return [serverOf('nuxt', ['node_modules/.bin/nuxt', 'start'])];
  }
  const config = readConfig(tree, 'nuxt.config');
  const build = manifest.scripts.get('build');
  if (build && /\bnux[ti]\s+(generate|build\s[^&|;]*--prerender)\b/.test(build.value)) {
    const place = { file: manifest.path, line: build.line };
    const site = { folder: '.output/public', fallbacks: ['200.html'], base: literalOf(config, 'baseURL') };
    return [serveSite({ ...site, ...place, because: 'nuxt generates a site into .output/public' })];
  }
  const preset = literalOf(config, 'preset');
  if (preset !== undefined && !/^node/.test(preset)) {
    return [
      {
        ...placeOf(config, 'preset'),
        because: `nitro's preset is ${preset}`,
        refused: 'it makes no server for Node',
        value: preset,
      },
    ];
  }
  return [serverOf('nuxt', ['node', '.output/server/index.mjs'])];
}

/** https://reactrouter.com/start/framework/rendering and https://v2.remix.run/docs/guides/spa-mode */
function routerAttempts(
  name: string,
  server: string,
  command: string,
  tree: SourceTree,
  manifest: Manifest,
): readonly Attempt[] {
  const configs = ['react-router.config', 'vite.config'].map((base) => readConfig(tree, base));
  const withoutServer = configs.find(({ text }) => /\bssr:\s{0,4}false\b/.test(text));
  const folder =
    configs.map((config) => literalOf(config, 'buildDirectory')).find((one) => one !== undefined) ?? 'build';
  if (withoutServer) {
    const evidence = saidBy(withoutServer, 'ssr', `${name} builds a single-page application`);
    const fallbacks = ['__spa-fallback.html', 'index.html'];
    return [serveSite({ folder: plainFolder(folder, 'client'), fallbacks, ...evidence })];
  }
  if (!manifest.dependencies.has(server)) return [];
  return [serverOf(name, [`node_modules/.bin/${command}`, `./${folder}/server/index.js`])];
}

/** https://svelte.dev/docs/kit/adapters */
function svelteAttempts(tree: SourceTree): readonly Attempt[] {
  const configs = ['svelte.config', 'vite.config'].map((base) => readConfig(tree, base));
  const used = /['"]((?:@sveltejs\/|svelte-)adapter-[\w-]{1,60}|@[\w-]{1,60}\/[\w-]{0,60}adapter[\w-]{0,60})['"]/;
  const config = configs.find(({ text }) => used.test(text));
  const adapter = used.exec(config?.text ?? '')?.[1];
  if (!config || adapter === undefined) {
    const refused = 'its configuration names no adapter';
    return [{ because: 'SvelteKit is there', refused, value: 'sveltekit', remedy: adapterRemedy }];
  }
  const place = placeOf(config, adapter);
  if (adapter === '@sveltejs/adapter-node') {
    const out = folderFrom(config, 'out', 'build');
    if (out !== undefined) return [serverOf('sveltekit', ['node', out], place)];
  }
  if (adapter === '@sveltejs/adapter-static') {
    const folder = folderFrom(config, 'pages', 'build');
    const fallback = literalOf(config, 'fallback');
    const base = /\bpaths:\s{0,4}\{[^}]{0,200}?\bbase:\s{0,4}['"]([^'"\n]{0,200})['"]/.exec(config.text)?.[1];
    const because = `sveltekit builds a static site into ${folder}`;
    return [serveSite({ folder, base, ...(fallback !== undefined && { fallbacks: [fallback] }), ...place, because })];
  }
  const refused = 'it makes neither a server for Node nor a site';
  return [{ ...place, because: `SvelteKit is built with ${adapter}`, refused, value: adapter, remedy: adapterRemedy }];
}

const adapterRemedy =
  'Install @sveltejs/adapter-node (a server) or @sveltejs/adapter-static (a site), and name it in svelte.config.js in the place of the other.';

/** https://docs.astro.build/en/guides/on-demand-rendering/ */
function astroAttempts(tree: SourceTree): readonly Attempt[] {
  const config = readConfig(tree, 'astro.config');
  const folder = folderFrom(config, 'outDir', 'dist');
  const isServer = /^(server|hybrid)$/.test(literalOf(config, 'output') ?? '') || rendersOnDemand(tree, 'src/pages', 0);
  const site = () =>
    serveSite({
      folder,
      base: literalOf(config, 'base'),
      ...saidBy(config, 'outDir', `astro builds a static site into ${folder}`),
    });
  if (!isServer) return [site()];
  const isNode = /['"]@astrojs\/node['"]/.test(config.text);
  const place = placeOf(config, isNode ? '@astrojs/node' : 'output');
  if (isNode && folder !== undefined && /\bmode:\s{0,4}['"]standalone['"]/.test(config.text)) {
    return [serverOf('astro', ['node', `./${folder}/server/entry.mjs`], place)];
  }
  const refused = isNode
    ? 'as a middleware it is no server by itself: set its mode to standalone, or start the server that uses it'
    : 'without @astrojs/node there is no server for Node';
  return [{ ...place, because: 'astro renders on demand', refused, value: 'astro' }];
}

function rendersOnDemand(tree: SourceTree, folder: string, depth: number): boolean {
  const entries = tree.list(folder).slice(0, 200);
  return entries.some(({ name, type }) => {
    const path = `${folder}/${name}`;
    if (type === 'directory') return depth < 4 && rendersOnDemand(tree, path, depth + 1);
    return (
      /\.(astro|[cm]?[jt]sx?|mdx?)$/.test(name) &&
      /\bprerender\s{0,4}=\s{0,4}false\b/.test(tree.read(path, 'source') ?? '')
    );
  });
}

/**
 * `nest build` is the compiler with `tsconfig.build.json`; `src/main.ts` is where its own generator puts the start. In monorepo mode it
 * builds one application, the default's if it is not told which (https://docs.nestjs.com/cli/monorepo#monorepo-mode).
 */
function nestAttempts(tree: SourceTree): readonly Attempt[] {
  const config = readJsonConfig(tree, 'nest-cli.json');
  const root = plainFolder(jsonText(config, 'root') ?? '');
  if (jsonAt(config, 'monorepo')?.value === true && root !== undefined && root !== '') {
    return [serverOf('nest', ['node', `dist/${root}/main.js`], { file: 'nest-cli.json', line: 1 })];
  }
  const compiler = readCompiler(tree, 'tsconfig.build.json') ?? readCompiler(tree, 'tsconfig.json');
  const file = (compiler && tree.has('src/main.ts') && compiledPath(compiler, 'src/main.ts')) || 'dist/main.js';
  return [serverOf('nest', ['node', file])];
}

/** The other applications of a Nest repository, for what starts: rejected, so that a person sees that there was a choice. */
export function otherNestApplications(tree: SourceTree, argv: readonly string[]): readonly Rejected[] {
  const config = readJsonConfig(tree, 'nest-cli.json');
  if (jsonAt(config, 'monorepo')?.value !== true) return [];
  const others = jsonMembers(jsonAt(config, 'projects')).filter(([, project]) => {
    const root = jsonText(project, 'root') ?? '';
    return jsonText(project, 'type') === 'application' && !argv.some((word) => word.startsWith(`dist/${root}/`));
  });
  const because = 'another application of nest-cli.json: set node.build and node.start for it';
  return others.slice(0, 20).map(([name, { line }]) => ({ file: 'nest-cli.json', line, value: name, because }));
}
