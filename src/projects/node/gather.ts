import type { Output, Step } from '../../core/recipe.js';
import { staticServer } from './static-server.js';

/** How the runtime files are brought together under `.slipway-out`. */
export interface Gathering {
  readonly steps: readonly Step[];
  readonly outputs: readonly Output[];
}

const app: Output = { from: '.slipway-out/app', to: 'app', type: 'directory' };
const dependencies: Output = {
  from: '.slipway-out/node_modules',
  to: 'node_modules',
  type: 'directory',
  optional: true,
};

/** What is of no use in an image, or may hold a secret. */
const leftOut = [
  'node_modules',
  '.git',
  '.github',
  '.gitlab-ci.yml',
  '.env',
  '.env.*',
  '.npmrc',
  '.yarnrc',
  '.yarnrc.yml',
  '.yarn',
  '.pnpm-store',
  '.turbo',
  '.vscode',
  '.idea',
  '.slipway',
  '.slipway-out',
  'coverage',
  'test',
  'tests',
  '__tests__',
  'Dockerfile*',
  'docker-compose*',
  '*.tsbuildinfo',
  '*.md',
];

/** Those of workspace members lie deeper; what dependencies have is theirs. */
const withoutSecrets =
  "find .slipway-out/app -name node_modules -prune -o -type f \\( -name '.env' -o -name '.env.*' -o -name '.npmrc' \\) -exec rm -f {} +";

/** What Next's build keeps for the next build; in its place comes a link. */
const withoutNextCache =
  "find .slipway-out/app -name node_modules -prune -o -type d -path '*/.next/cache' -prune -exec rm -rf {} +";

/**
 * A link in the place of a directory below the application, to the only place that can be written to in a read-only image. Relative, as
 * a link out of what was gathered must not leave the builder. None where a configuration moved the directory's parent.
 */
export function linkToScratch(path: string): Step {
  const target = `${'../'.repeat(path.split('/').length)}tmp`;
  const link = 'if [ -d "$(dirname -- "$2")" ]; then ln -s -- "$1" "$2"; fi';
  return {
    title: 'Let the framework keep its cache in /tmp',
    argv: ['sh', '-euc', link, 'sh', target, `.slipway-out/app/${path}`],
  };
}

/** Readable to whoever runs the image; a source file may have been private to its owner. */
const readable = 'chmod -R a+rX .slipway-out';

/** The dependencies and the application apart, so that each is a layer: the dependencies' changes seldom. */
export function gatherServer(): Gathering {
  const names = leftOut.map((name) => `! -name '${name}'`).join(' ');
  return {
    steps: [
      {
        title: 'Gather the application and its dependencies',
        script: [
          'rm -rf .slipway-out',
          'mkdir -p .slipway-out/app',
          `find . -mindepth 1 -maxdepth 1 ${names} -exec cp -a -t .slipway-out/app -- {} +`,
          'if [ -d node_modules ]; then mv node_modules .slipway-out/node_modules; fi',
          'rm -rf .slipway-out/node_modules/.cache',
          withoutNextCache,
          withoutSecrets,
          readable,
        ],
      },
    ],
    outputs: [dependencies, app],
  };
}

/**
 * Next's standalone server brings its own dependencies, but not its static files; below it lies the member's own path.
 * The first argument is that path, or `.`.
 */
const standaloneNext = [
  'rm -rf .slipway-out',
  'target=".slipway-out/app/$1/.next/standalone"',
  'mkdir -p "$target/$1/.next"',
  'cp -a "$1/.next/standalone/." "$target/"',
  'if [ -d "$1/.next/static" ]; then cp -a "$1/.next/static" "$target/$1/.next/"; fi',
  'if [ -d "$1/public" ]; then cp -a "$1/public" "$target/$1/"; fi',
  withoutNextCache,
  withoutSecrets,
  readable,
].join(' && ');

/** The folder of a workspace member; '' for the root. */
export function gatherStandaloneNext(member: string): Gathering {
  const argv = ['sh', '-euc', standaloneNext, 'sh', member === '' ? '.' : member];
  return { steps: [{ title: 'Gather the standalone server', argv }], outputs: [dependencies, app] };
}

/** One folder that needs nothing beside it, under its own name. */
export function gatherFolder(folder: string): Gathering {
  return {
    steps: [
      { title: 'Begin with nothing', script: ['rm -rf .slipway-out', 'mkdir -p .slipway-out/app'] },
      { title: 'Gather what the build made', argv: ['cp', '-a', '--parents', '--', folder, '.slipway-out/app/'] },
      { title: 'Leave out secrets, and let every user read the rest', script: [withoutSecrets, readable] },
    ],
    outputs: [dependencies, app],
  };
}

/** The site's directory below the application, beside the server that serves it. */
export function gatherSite(site: string): Gathering {
  const server = `.slipway-out/app/${staticServer.path}`;
  const lines = staticServer.lines.map((line) => `'${line}'`).join(' ');
  return {
    steps: [
      {
        title: 'Write the static file server',
        script: ['rm -rf .slipway-out', 'mkdir -p .slipway-out/app/.slipway', `printf '%s\\n' ${lines} > ${server}`],
      },
      { title: 'Gather the site', argv: ['cp', '-a', '--parents', '--', site, '.slipway-out/app/'] },
      { title: 'Compress what that makes smaller', argv: ['node', server, '--compress', `.slipway-out/app/${site}`] },
      { title: 'Let every user read it', script: [readable] },
    ],
    outputs: [dependencies, app],
  };
}
