import type { Cache, Step } from '../../core/recipe.js';
import type { Manager } from './lockfiles.js';
import { pruneMemberSteps } from './prune-member.js';

/** What the steps of a package manager depend on. */
export interface Installer {
  readonly manager: Manager;
  readonly major: number;
  /** `pnpm@9.12.0`; undefined: the npm that the builder has. */
  readonly exact?: string;
  readonly hasLockfile: boolean;
  /** Whether the lockfile has all that the manifests ask for. */
  readonly isFrozen: boolean;
  /** How yarn 2 and later lay out the dependencies. */
  readonly linker?: string;
  /** Whether yarn's archives of the dependencies are in the project. */
  readonly hasCache: boolean;
}

const pnpmStore = '/root/.pnpm-store';

/** Steps that bring the manager at its version (as an npm package: corepack is gone from Node 25) and all dependencies. */
export function installSteps(installer: Installer): readonly Step[] {
  const { manager, exact } = installer;
  const fetch: readonly Step[] = exact
    ? // Official Node images bring a yarn of their own, which npm would not overwrite without --force.
      [{ title: `Fetch ${manager}`, argv: ['npm', 'install', '--global', '--force', exact] }]
    : [];
  return [...fetch, { title: titleOf(installer), argv: installArgv(installer) }];
}

function titleOf({ hasLockfile, isFrozen }: Installer): string {
  if (!hasLockfile) return 'Install the dependencies: there is no lockfile, so the versions are those of today';
  if (!isFrozen) return 'Install the dependencies: the lockfile is out of step, so what it lacks is of today';
  return 'Install the dependencies exactly as the lockfile has them';
}

function installArgv({ manager, major, isFrozen }: Installer): readonly string[] {
  const frozen = isFrozen ? ['--frozen-lockfile'] : [];
  switch (manager) {
    case 'npm':
      return ['npm', isFrozen ? 'ci' : 'install', '--include=dev'];
    case 'pnpm':
      return ['pnpm', 'install', ...(isFrozen ? frozen : ['--no-frozen-lockfile']), '--store-dir', pnpmStore];
    case 'bun':
      return ['bun', 'install', ...frozen];
    case 'yarn':
      if (major > 1) return ['yarn', 'install', ...(isFrozen ? ['--immutable'] : ['--no-immutable'])];
      return ['yarn', 'install', '--non-interactive', '--production=false', ...frozen];
  }
}

/** The manager's settings in the project, as globs: each may be there or not. */
export function settingsFiles(manager: Manager): readonly string[] {
  switch (manager) {
    case 'npm':
    case 'pnpm':
      return ['.npmr[c]'];
    case 'yarn':
      return ['.npmr[c]', '.yarnr[c]', '.yarnrc.ym[l]'];
    case 'bun':
      return ['.npmr[c]', 'bunfig.tom[l]'];
  }
}

/** Steps that leave in `node_modules` what is needed at run time and nothing else. */
export function pruneSteps({ manager, major, isFrozen }: Installer): readonly Step[] {
  const title = 'Drop the development dependencies';
  const frozen = isFrozen ? ['--frozen-lockfile'] : [];
  switch (manager) {
    case 'npm':
      return [{ title, argv: ['npm', 'prune', '--omit=dev', '--ignore-scripts'] }];
    case 'pnpm':
      return [
        {
          title,
          argv: ['pnpm', 'install', '--prod', '--ignore-scripts', ...frozen, '--store-dir', pnpmStore, ...atOnce],
        },
      ];
    case 'bun':
      // It has no command for it, and installing anew loses what install scripts made.
      return pruneMemberSteps('.', []);
    case 'yarn':
      return yarnPrune(title, major, frozen);
  }
}

/**
 * pnpm asks before it removes packages, and then keeps them for a week in its virtual store; a build has nobody to
 * answer and no next week. `pnpm prune --prod` does neither before pnpm 12.
 */
const atOnce = ['--config.confirmModulesPurge=false', '--config.modules-cache-max-age=0'];

/** `workspaces focus` is a part of yarn since 4; 2 and 3 have nothing that drops. */
function yarnPrune(title: string, major: number, frozen: readonly string[]): readonly Step[] {
  if (major >= 4) return [{ title, argv: ['yarn', 'workspaces', 'focus', '--all', '--production'] }];
  if (major !== 1) return pruneMemberSteps('.', []);
  const quiet = ['--non-interactive', '--production', '--ignore-scripts', '--prefer-offline'];
  return [{ title, argv: ['yarn', 'install', ...quiet, ...frozen] }];
}

/** Where each manager keeps what it downloaded; npm's is always used, since it fetches the others. */
export function installCaches({ manager, hasCache }: Installer): readonly Cache[] {
  const npm: Cache = { name: 'npm', path: '/root/.npm' };
  switch (manager) {
    case 'npm':
      return [npm];
    case 'pnpm':
      return [npm, { name: 'pnpm', path: pnpmStore }];
    case 'yarn':
      return hasCache ? [npm] : [npm, { name: 'yarn', path: '/root/.cache/yarn' }];
    case 'bun':
      return [npm, { name: 'bun', path: '/root/.bun/install/cache' }];
  }
}

/**
 * Environment of the build: quiet clients, no browsers, caches where the volumes are, and for yarn 2 and later the layout that
 * detection chose. Next would rewrite a lockfile made on another platform, which a build must not.
 */
export function installEnv({ manager, linker, hasCache }: Installer): Readonly<Record<string, string>> {
  const always = {
    HUSKY: '0',
    NX_DAEMON: 'false',
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1',
    PUPPETEER_SKIP_DOWNLOAD: 'true',
    TURBO_TELEMETRY_DISABLED: '1',
    NEXT_IGNORE_INCORRECT_LOCKFILE: '1',
    NEXT_TELEMETRY_DISABLED: '1',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  };
  // pnpm at its version is there already; from 11 on it would fetch itself, and want that noted in the lockfile.
  if (manager === 'pnpm') return { ...always, pnpm_config_pm_on_fail: 'ignore' };
  if (manager !== 'yarn') return always;
  return {
    ...always,
    ...(!hasCache && { YARN_CACHE_FOLDER: '/root/.cache/yarn' }),
    YARN_ENABLE_GLOBAL_CACHE: 'false',
    YARN_ENABLE_PROGRESS_BARS: 'false',
    YARN_ENABLE_TELEMETRY: '0',
    ...(linker !== undefined && { YARN_NODE_LINKER: linker }),
  };
}
