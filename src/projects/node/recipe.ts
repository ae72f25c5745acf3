import { Failure } from '../../core/failure.js';
import { argvOf, type Facts, textOf } from '../../core/project.js';
import type { Recipe, RecipeOptions, Step } from '../../core/recipe.js';
import { type Gathering, gatherFolder, gatherServer, gatherSite, gatherStandaloneNext } from './gather.js';
import { initPath, initSteps } from './init.js';
import { type Installer, installCaches, installEnv, installSteps, pruneSteps, settingsFiles } from './install.js';
import { type Manager, managers } from './lockfiles.js';
import { healthcheckOf, probeOf, runtimeEnv } from './runtime.js';
import { normalisePath } from './sources.js';
import { fileStartedBy, neededBy } from './started-file.js';
import { staticServer } from './static-server.js';
import { isPlainPath } from './workspaces.js';

/**
 * How a Node project is built and packed: frozen install with development dependencies, build script, check that the start
 * file is there, production dependencies only. Builder and runtime are the same slim image, so native modules find the C
 * library they were built for. Throws `detect.unsupported` without a start command, or with facts that were set to what
 * no recipe has.
 */
export function nodeRecipe(facts: Facts, options: RecipeOptions): Recipe {
  const installer = installerOf(facts);
  const member = memberOf(facts);
  const start = startIn(member, startArgv(facts), installer.manager);
  const image = `node:${majorOf(facts)}-slim`;
  const site = siteIn(start);
  const isSelfContained = selfContained.test(fileStartedBy(start) ?? '');
  const gathering = gatheringFor(start, site, member);
  const needsDependencies = site === undefined && !isSelfContained;
  const hasInit = facts['node.init']?.value === true;
  const probe = probeOf(facts);
  const install = installSteps(installer);
  const files = argvOf(facts, 'node.install-files');
  return {
    builder: options.builder ?? image,
    base: options.base ?? image,
    steps: [
      ...install,
      ...buildSteps(facts, installer.manager),
      ...(needsDependencies ? pruneSteps(installer) : []),
      ...gathering.steps,
      ...checkSteps(start, site, member),
      ...(hasInit ? initSteps() : []),
      ...(site === undefined ? leaveOutSteps(facts, member) : []),
    ],
    ...(files && { early: { files: [...files, ...settingsFiles(installer.manager)], steps: install.length } }),
    env: installEnv(installer.manager),
    caches: installCaches(installer.manager),
    outputs: gathering.outputs,
    entrypoint: hasInit ? [initPath, ...start] : start,
    template: 'node',
    user: '1000:1000',
    ...(probe && { probe, healthcheck: healthcheckOf(probe) }),
    mounts: ['npmrc', 'ca'],
    data: {
      env: runtimeEnv(facts, start, probe),
      directory: directoryOf(site === undefined ? member : undefined),
      init: hasInit,
      scratch: scratchOf(start, member),
      dockerignore: leftOutOfContext,
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

/** Where Next keeps optimised images and fetched data (https://nextjs.org/docs/app/guides/self-hosting#caching-and-isr). */
function scratchOf(start: readonly string[], member: string | undefined): string | undefined {
  const file = fileStartedBy(start) ?? '';
  const directory = directoryOf(member);
  if (file.startsWith('.next/standalone/')) return `${directory}/${file.replace(/server\.js$/, '.next/cache')}`;
  const isNext = neededBy(start).some((one) => /(^|\/)node_modules\/\.bin\/next$/.test(one));
  return isNext ? `${directory}/.next/cache` : undefined;
}

function installerOf(facts: Facts): Installer {
  const manager = textOf(facts, 'node.package-manager') ?? 'npm';
  const known = managers.find((one) => one === manager);
  const exact = textOf(facts, 'node.package-manager.exact');
  const isPackage = exact === undefined || /^(npm|yarn|pnpm|bun|@yarnpkg\/cli-dist)@[0-9A-Za-z.+-]{1,60}$/.test(exact);
  if (!known || !isPackage) throw unknownFact('node.package-manager', exact ?? manager, managers);
  return {
    manager: known,
    major: Number(textOf(facts, 'node.package-manager.version') ?? 1),
    ...(exact !== undefined && { exact }),
    hasLockfile: facts['node.lockfile'] !== undefined,
  };
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

/** `node.build` is a script's name, or an argv that a person set. */
function buildSteps(facts: Facts, manager: Manager): readonly Step[] {
  const title = 'Build';
  const argv = argvOf(facts, 'node.build');
  if (argv) return argv.length === 0 ? [] : [{ title, argv }];
  const script = textOf(facts, 'node.build');
  if (script === undefined || script === '') return [];
  if (script.startsWith('-')) throw unknownFact('node.build', script, []);
  return [{ title, argv: [manager, 'run', script] }];
}

/** The image of one service holds no other one of the workspace. */
function leaveOutSteps(facts: Facts, member: string | undefined): readonly Step[] {
  const folders = (facts['node.workspace']?.rejected ?? []).flatMap(({ value }) =>
    typeof value === 'string' && isPlainPath(value) && member && !isInside(member, value) ? [value] : [],
  );
  if (folders.length === 0) return [];
  const argv = ['rm', '-rf', '--', ...folders.map((folder) => `.slipway-out/app/${folder}`)];
  return [{ title: 'Leave out the other services of the workspace', argv }];
}

function isInside(folder: string, other: string): boolean {
  return folder === other || folder.startsWith(`${other}/`);
}

/** The image must never name a file that is not in it: the build may not have made it, or it was left out. */
function checkSteps(start: readonly string[], site: string | undefined, member = ''): readonly Step[] {
  if (site !== undefined) {
    return [{ title: 'Check that the site was built', argv: ['test', '-f', `.slipway-out/app/${site}/index.html`] }];
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
