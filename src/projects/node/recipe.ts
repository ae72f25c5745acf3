import { Failure } from '../../core/failure.js';
import { argvOf, type Facts, textOf } from '../../core/project.js';
import type { Recipe, RecipeOptions, Step } from '../../core/recipe.js';
import { memberBuild } from './build.js';
import {
  type Gathering,
  gatherFolder,
  gatherServer,
  gatherSite,
  gatherStandaloneNext,
  linkToScratch,
} from './gather.js';
import { initPath, initSteps } from './init.js';
import { type Installer, installCaches, installEnv, installSteps, pruneSteps, settingsFiles } from './install.js';
import { type Manager, managers } from './lockfiles.js';
import { isPlainPath } from './member-globs.js';
import { pruneMemberSteps } from './prune-member.js';
import { withRegistryVariables } from './registry-variables.js';
import { healthcheckOf, probeOf, runtimeEnv } from './runtime.js';
import { normalisePath } from './sources.js';
import { fileStartedBy, neededBy } from './started-file.js';
import { staticServer } from './static-server.js';
import { withoutPlugAndPlay } from './yarn-settings.js';

/**
 * How a Node project is built and packed: frozen install with development dependencies, build script, check that the start
 * file is there, production dependencies only. Builder and runtime are the same slim image, so native modules find the C
 * library they were built for. Throws `detect.unsupported` without a start command, or with facts that were set to what
 * no recipe has.
 */
export function nodeRecipe(facts: Facts, options: RecipeOptions): Recipe {
  const installer = installerOf(facts);
  const member = memberOf(facts);
  const start = startIn(member, withoutPlugAndPlay(startArgv(facts)), installer.manager);
  const images = imagesOf(facts, options);
  const site = siteIn(start);
  const isSelfContained = selfContained.test(fileStartedBy(start) ?? '');
  const gathering = gatheringFor(start, site, member);
  const cache = nextCacheOf(start, member);
  const needsDependencies = site === undefined && !isSelfContained;
  const hasInit = facts['node.init']?.value === true;
  const probe = probeOf(facts);
  const variables = argvOf(facts, 'node.registry-variables');
  const withVariables = (steps: readonly Step[]) => (variables ? steps.map(withRegistryVariables) : steps);
  const install = withVariables(installSteps(installer));
  const building = buildSteps(facts, installer.manager);
  const files = argvOf(facts, 'node.install-files');
  return {
    ...images,
    steps: [
      ...install,
      // From yarn 2 on every command reads the settings, and ends where a variable is not set.
      ...(installer.linker === undefined ? building : withVariables(building)),
      ...(needsDependencies ? withVariables(dropSteps(facts, installer, member)) : []),
      ...gathering.steps,
      ...(cache === undefined ? [] : [linkToScratch(cache)]),
      ...checkSteps(start, site, member),
      ...(hasInit ? initSteps() : []),
    ],
    ...(files && { early: { files: [...files, ...settingsFiles(installer.manager)], steps: install.length } }),
    env: { ...installEnv(installer), ...(options.builder === undefined && facts['node.compiled'] && withHeaders) },
    caches: installCaches(installer),
    outputs: gathering.outputs,
    entrypoint: hasInit ? [initPath, ...start] : start,
    template: 'node',
    user: '1000:1000',
    ...(probe && { probe, healthcheck: healthcheckOf(probe) }),
    mounts: ['npmrc', 'ca'],
    ...(variables && { variables }),
    data: {
      env: runtimeEnv(facts, start, probe),
      directory: directoryOf(site === undefined ? member : undefined),
      init: hasInit,
      dockerignore: leftOutOfContext.filter((one) => !installer.hasCache || one !== '.yarn/cache'),
    },
  };
}

/**
 * Dependencies of the developer's machine would be mixed into those that the build installs; a compiler that finds its
 * own notes writes nothing. Folders such as `dist` stay: a project may keep sources in one.
 */
const leftOutOfContext = [
  '**/node_modules',
  '**/*.tsbuildinfo',
  '**/npm-debug.log*',
  '.next',
  '.nuxt',
  '.output',
  '.slipway',
  '.slipway-out',
  '.svelte-kit',
  '.turbo',
  '.yarn/cache',
  '.yarn/install-state.gz',
  'coverage',
];

function startArgv(facts: Facts): readonly string[] {
  const start = argvOf(facts, 'node.start');
  if (start && start.length > 0 && start[0] !== '') return start;
  throw new Failure('detect.unsupported', {
    message: 'Nothing says how this Node project starts',
    where: 'node.start',
    remedy: 'Add a script \'start\' to package.json, or set node.start to an argv, e.g. ["node","dist/server.js"].',
  });
}

/** A workspace member's folder; its start is written as it is from there. */
function memberOf(facts: Facts): string | undefined {
  const member = textOf(facts, 'node.workspace');
  if (member !== undefined && !isPlainPath(member)) throw unknownFact('node.workspace', member, []);
  return member;
}

/** What is started without any dependency beside it: the builds of Next and of Nitro bring theirs along. */
const selfContained = /^(\.next\/standalone|\.output)\//;

/**
 * A site is served from the root; Next's standalone server lies below the member's own path
 * (https://nextjs.org/docs/app/api-reference/config/next-config-js/output#caveats). All managers but pnpm put the commands of
 * dependencies into the root's `node_modules`.
 */
function startIn(member: string | undefined, start: readonly string[], manager: Manager): readonly string[] {
  if (member === undefined) return start;
  if (start.includes(staticServer.path)) return start.map((word, index) => (index === 2 ? `${member}/${word}` : word));
  const up = manager === 'pnpm' ? '' : '../'.repeat(member.split('/').length);
  return start.map((word) =>
    word === '.next/standalone/server.js'
      ? `.next/standalone/${member}/server.js`
      : word.replace(
          start[0] === 'sh' ? /(^|\s)(?=node_modules\/\.bin\/)/g : /^()(?=node_modules\/\.bin\/)/,
          `$1${up}`,
        ),
  );
}

function directoryOf(member: string | undefined): string {
  return member === undefined ? '/app' : `/app/${member}`;
}

/**
 * Where Next keeps optimised images and fetched data, below the application's directory
 * (https://nextjs.org/docs/app/guides/self-hosting#caching-and-isr).
 */
function nextCacheOf(start: readonly string[], member = ''): string | undefined {
  const below = (path: string) => (member === '' ? path : `${member}/${path}`);
  const file = fileStartedBy(start) ?? '';
  if (file.startsWith('.next/standalone/')) return below(file.replace(/server\.js$/, '.next/cache'));
  const isNext = neededBy(start).some((one) => /(^|\/)node_modules\/\.bin\/next$/.test(one));
  return isNext ? below('.next/cache') : undefined;
}

function installerOf(facts: Facts): Installer {
  const manager = textOf(facts, 'node.package-manager') ?? 'npm';
  const linker = textOf(facts, 'node.linker');
  const known = managers.find((one) => one === manager);
  const exact = textOf(facts, 'node.package-manager.exact');
  const isPackage = exact === undefined || /^(npm|yarn|pnpm|bun|@yarnpkg\/cli-dist)@[0-9A-Za-z.+-]{1,60}$/.test(exact);
  if (!known || !isPackage) throw unknownFact('node.package-manager', exact ?? manager, managers);
  return {
    manager: known,
    major: Number(textOf(facts, 'node.package-manager.version') ?? 1),
    ...(exact !== undefined && { exact }),
    hasLockfile: facts['node.lockfile'] !== undefined,
    isFrozen: facts['node.lockfile'] !== undefined && facts['node.lockfile.frozen']?.value !== false,
    ...(linker !== undefined && { linker }),
    hasCache: facts['node.checked-in-cache'] !== undefined,
  };
}

/** Official images bring Node's headers; node-gyp would download them: https://github.com/nodejs/node-gyp#command-options. */
const withHeaders = { npm_config_nodedir: '/usr/local' };

/** Both of one Debian release, so that what is compiled in one finds its C library in the other. */
function imagesOf(facts: Facts, options: RecipeOptions): Pick<Recipe, 'builder' | 'base'> {
  const full = `node:${majorOf(facts)}`;
  const hasOpenssl = facts['node.openssl'] !== undefined;
  const browser = textOf(facts, 'node.browser');
  if (browser !== undefined && options.base === undefined) throw browserWanted(browser, facts);
  return {
    builder: options.builder ?? (hasOpenssl || facts['node.compiled'] ? full : `${full}-slim`),
    base: options.base ?? (hasOpenssl ? full : `${full}-slim`),
  };
}

function browserWanted(browser: string, facts: Facts): Failure {
  const [evidence] = facts['node.browser']?.from ?? [];
  return new Failure('detect.unsupported', {
    message: `${browser} starts a browser, and no image of Node has one or the libraries that it needs`,
    where: evidence?.line ? `${evidence.file}:${evidence.line}` : 'package.json',
    remedy: `Set image.base to an image with Node and the browser, such as the one that ${browser} publishes; or use ${browser.split('-')[0]}-core with a browser elsewhere, or make it a development dependency where only tests need it.`,
  });
}

function majorOf(facts: Facts): string {
  const major = textOf(facts, 'node.version') ?? '';
  if (/^[1-9]\d{0,2}$/.test(major)) return major;
  throw unknownFact('node.version', major, []);
}

function unknownFact(key: string, value: string, candidates: readonly string[]): Failure {
  return new Failure('detect.unsupported', {
    message: `${key} is ${JSON.stringify(value.slice(0, 60))}: there is no recipe for it`,
    where: key,
    remedy: candidates.length > 0 ? `Set ${key} to one of the candidates.` : `Set ${key} to a major version, e.g. 22.`,
    ...(candidates.length > 0 && { candidates }),
  });
}

function gatheringFor(start: readonly string[], site: string | undefined, member = ''): Gathering {
  if (site !== undefined) return gatherSite(site);
  const file = fileStartedBy(start) ?? '';
  if (file.startsWith('.next/standalone/')) return gatherStandaloneNext(member);
  return file.startsWith('.output/') ? gatherFolder(member === '' ? '.output' : `${member}/.output`) : gatherServer();
}

/** Of a workspace only what one member needs; of a single package all but the development dependencies. */
function dropSteps(facts: Facts, installer: Installer, member: string | undefined): readonly Step[] {
  if (member === undefined) return pruneSteps(installer);
  return pruneMemberSteps(member, plainFolders(facts, 'node.members'));
}

function plainFolders(facts: Facts, key: 'node.members' | 'node.build-before'): readonly string[] {
  return (argvOf(facts, key) ?? []).filter(isPlainPath);
}

/** `node.build` is a script's name, or an argv that a person set. */
function buildSteps(facts: Facts, manager: Manager): readonly Step[] {
  const before = plainFolders(facts, 'node.build-before').map((folder) => ({
    title: 'Build a member of the workspace that the service needs',
    argv: memberBuild(manager, folder),
  }));
  const generate = argvOf(facts, 'node.generate');
  const generating = generate ? [{ title: 'Make the database client from its schema', argv: generate }] : [];
  return [...generating, ...before, ...ownBuildSteps(facts, manager)];
}

function ownBuildSteps(facts: Facts, manager: Manager): readonly Step[] {
  const title = 'Build';
  const argv = argvOf(facts, 'node.build');
  if (argv) return argv.length === 0 ? [] : [{ title, argv }];
  const script = textOf(facts, 'node.build');
  if (script === undefined || script === '') return [];
  if (script.startsWith('-')) throw unknownFact('node.build', script, []);
  return [{ title, argv: [manager, 'run', script] }];
}

/** The image must never name a file that is not in it: the build may not have made it, or it was left out. */
function checkSteps(start: readonly string[], site: string | undefined, member = ''): readonly Step[] {
  if (site !== undefined) {
    const pages = ['index.html', ...start.flatMap((word) => /^--fallback=(.+)$/.exec(word)?.[1] ?? [])];
    const anyOf = [...new Set(pages)].flatMap((page) => ['-o', '-f', `.slipway-out/app/${site}/${page}`]).slice(1);
    return [{ title: 'Check that the site was built', argv: ['test', ...anyOf] }];
  }
  return neededBy(start).map((file): Step => {
    const path = normalisePath(`${member}/${file}`.replace(/^\//, '')) ?? file;
    if (/^(\.\.\/)*node_modules\/\.bin\//.test(file)) {
      const place = path.startsWith('node_modules/') ? '.slipway-out' : '.slipway-out/app';
      return { title: 'Check that the start command is there', argv: ['test', '-e', `${place}/${path}`] };
    }
    const resolve = 'require.resolve(require("path").resolve(process.argv[1]))';
    const argv = ['node', '-e', resolve, '--', `.slipway-out/app/${path}`];
    return { title: 'Check that the start file is there', argv };
  });
}

function siteIn(start: readonly string[]): string | undefined {
  return start[0] === 'node' && start[1] === staticServer.path ? start[2] : undefined;
}
