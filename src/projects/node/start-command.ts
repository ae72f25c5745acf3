import { jsonText } from '../../formats/json-document.js';
import type { Manifest } from './manifest.js';
import type { PlainCommand } from './script-words.js';

/** What one command comes to in an image, or why it is none for one. */
export type Resolved =
  | { readonly ok: true; readonly argv: readonly string[]; readonly because: string }
  | { readonly ok: false; readonly because: string; readonly remedy?: string };

/** Commands that serve developers or only build: an image never starts with one. */
const developmentTools = new Set(
  (
    'vite react-scripts craco rescripts react-app-rewired ng vue-cli-service nodemon ts-node-dev tsnd tsc webpack ' +
    'webpack-dev-server rspack rsbuild parcel snowpack gatsby docusaurus vitepress vuepress eleventy storybook start-storybook ' +
    'quasar ember umi ice expo electron nest jest vitest mocha concurrently npm-run-all run-p run-s turbo nx lerna rollup ' +
    'esbuild tsup husky gulp grunt live-server lite-server browser-sync wds web-dev-server hexo slidev echo true exit'
  ).split(' '),
);

/** Packages whose command has another name. */
const packageOfCommand: Readonly<Record<string, string>> = {
  'remix-serve': '@remix-run/serve',
  'react-router-serve': '@react-router/serve',
  'pm2-runtime': 'pm2',
  'ts-node-esm': 'ts-node',
  fastify: 'fastify-cli',
  medusa: '@medusajs/cli',
  strapi: '@strapi/strapi',
  'blitz-next': 'blitz',
  keystone: '@keystone-6/core',
  'functions-framework': '@google-cloud/functions-framework',
  'moleculer-runner': 'moleculer',
  'rw-server': '@redwoodjs/api-server',
  sequelize: 'sequelize-cli',
  sirv: 'sirv-cli',
};

/** Whether a word names a tool that is for development. */
export function isDevelopmentTool(word: string): boolean {
  return developmentTools.has(word);
}

/** Before the last command of a chain a shell may do these itself, or with what every image has. */
export function isShellStep(program: string): boolean {
  return /^(echo|cd|mkdir|sleep|cp|rm|touch|printf|true)$/.test(program);
}

/** A command that is no other script, as the image runs it: node itself, or the command of a run-time dependency. */
export function resolveCommand(manifest: Manifest, { argv }: PlainCommand): Resolved {
  const [program = '', ...rest] = argv;
  if (program === 'node') return resolveNode(manifest, argv);
  if (/^(npx|bunx)$/.test(program) && rest[0] && !rest[0].startsWith('-')) return resolveBinary(manifest, rest);
  const inner = program === 'dotenv' || program === 'dotenvx' ? withoutDotenv(rest) : undefined;
  if (inner) {
    const resolved = resolveCommand(manifest, { env: [], argv: inner });
    return resolved.ok ? { ...resolved, because: `without ${program}, whose file is not in the image` } : resolved;
  }
  return resolveBinary(manifest, argv);
}

function resolveNode(manifest: Manifest, argv: readonly string[]): Resolved {
  const watching = argv.find((word) => /^--watch(-|=|$)/.test(word));
  if (watching) return { ok: false, because: `${watching} is for development` };
  const dropped = preloadedBy(argv).find((name) => manifest.devDependencies.has(name));
  if (dropped) return { ok: false, because: `it loads ${dropped}, which is in devDependencies: not in the image` };
  const plain = argv.filter((word) => !/^--inspect(-brk|-wait|-port)?(=|$)/.test(word));
  if (plain.length < 2) return { ok: false, because: 'node is given no file' };
  const kept = withoutEnvFile(plain);
  const left = [
    ...(plain.length < argv.length ? ['its --inspect, which is for development'] : []),
    ...(kept === plain ? [] : ['its --env-file, which is not in the image']),
  ];
  return { ok: true, argv: kept, because: left.length === 0 ? '' : `without ${left.join(' and ')}` };
}

/** The packages that node is told to load before the program: `-r ts-node/register`, `--import=tsx`. */
function preloadedBy(argv: readonly string[]): readonly string[] {
  return argv.flatMap((word, index) => {
    const [flag = '', ...value] = word.split('=');
    if (!/^(-r|--require|--import|--loader|--experimental-loader)$/.test(flag)) return [];
    const name = value.length > 0 ? value.join('=') : (argv[index + 1] ?? '');
    return [
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    ];
  });
}

/** Node ends at once when the file is missing, and a file of secrets is left out of the image. */
function withoutEnvFile(argv: readonly string[]): readonly string[] {
  const at = argv.findIndex((word) => word === '--env-file' || word.startsWith('--env-file='));
  if (at < 0) return argv;
  return withoutEnvFile(argv.toSpliced(at, argv[at] === '--env-file' ? 2 : 1));
}

/** `dotenv [-e FILE]… [--] COMMAND` and `dotenvx run [-f FILE]… -- COMMAND`; undefined where they are told more. */
function withoutDotenv(words: readonly string[]): readonly string[] | undefined {
  let index = words[0] === 'run' ? 1 : 0;
  while (/^(-e|-f)$/.test(words[index] ?? '')) index += 2;
  if (words[index] === '--') index++;
  const rest = words.slice(index);
  return rest.length > 0 && !rest[0]?.startsWith('-') ? rest : undefined;
}

function resolveBinary(manifest: Manifest, argv: readonly string[]): Resolved {
  const [program = '', ...rest] = argv;
  if (program.startsWith('./') && !program.includes('/../')) {
    return { ok: true, argv: program.endsWith('.sh') ? argv : ['node', ...argv], because: '' };
  }
  const isRunner = /^(tsx|ts-node|ts-node-esm)$/.test(program);
  if (
    isDevelopmentTool(program) ||
    /^(dev|preview|develop)$/.test(rest[0] ?? '') ||
    (isRunner && rest[0] === 'watch')
  ) {
    return { ok: false, because: `${[program, rest[0] ?? ''].join(' ').trim()} is for development` };
  }
  if (/^(pm2|forever)$/.test(program) && rest[0] === 'start' && !rest.includes('--no-daemon')) {
    return { ok: false, because: `${program} start returns at once, and with it the container would end` };
  }
  const other = otherRuntimes.find((one) => one.program === program);
  if (other) return { ok: false, because: `it runs on ${other.name}, not on Node`, remedy: runtimeRemedy(other.name) };
  if (program === 'medusa' && isMedusa2(manifest)) return { ok: false, because: medusa2, remedy: medusaRemedy };
  const from = Object.hasOwn(packageOfCommand, program) ? packageOfCommand[program] : program;
  if (from === undefined || !/^[A-Za-z0-9][\w.-]*$/.test(program) || !manifest.dependencies.has(from)) {
    return { ok: false, because: `${program.slice(0, 60)} is not the command of one of its dependencies` };
  }
  return { ok: true, argv: [`node_modules/.bin/${program}`, ...rest], because: '' };
}

/** Programs that run JavaScript in the place of node, with APIs that it does not have. */
export const otherRuntimes = [
  { program: 'bun', name: 'Bun' },
  { program: 'deno', name: 'Deno' },
] as const;

/** What to do about a project that is written for another runtime. */
export function runtimeRemedy(name: string): string {
  return `If Node can run it too, add a script 'start' that does so, or set node.start to the argv; else choose a base image with ${name} (image.base) and set node.start to what starts it there.`;
}

/** https://docs.medusajs.com/learn/build: its server is built into a directory that is a project of its own. */
const medusa2 = 'medusa 2 starts in .medusa/server, which its build makes, and not here';
const medusaRemedy =
  'Set node.start to ["sh","-c","cd .medusa/server && exec ../../node_modules/.bin/medusa start"] and port to 9000, and see that it starts so.';

function isMedusa2(manifest: Manifest): boolean {
  const spec = jsonText(manifest.root, 'dependencies', '@medusajs/medusa');
  return spec !== undefined && !/^[~^]?1(\.|$)/.test(spec);
}
