/** `make demo`: three real services from source to running, verified releases, by the command line a user has. */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineStateDirectory, testRegistry } from '../support/engine-state.js';
import { commitAll, git, makeFixtureProject, repositoryRoot } from '../support/fixture-project.js';
import { type ShopService, shopServices, shopSettings, shopStack } from './shop.js';

interface Shipped {
  readonly service: ShopService;
  readonly kind: string;
  readonly version: string;
  readonly size: number;
  readonly digest: string;
  readonly milliseconds: Readonly<Record<string, number>>;
}

const stages = ['plan', 'build', 'pack', 'try', 'push', 'deploy'] as const;
const gatewayPort = 13000;
const workspace = join(engineStateDirectory(), 'demo');
const registry = testRegistry();

await main();

async function main(): Promise<void> {
  rmSync(workspace, { recursive: true, force: true });
  const deployRepository = makeDeployRepository();
  const shipped: Shipped[] = [];
  for (const service of shopServices) shipped.push(await ship(service, deployRepository));
  const answers = await callShop();
  printSummary(shipped, answers);
}

function makeDeployRepository(): string {
  const bare = join(workspace, 'deploy.git');
  const work = join(workspace, 'deploy');
  mkdirSync(join(work, 'prod'), { recursive: true });
  writeFileSync(join(work, 'prod/shop.yml'), shopStack(registry, gatewayPort, 'shop'));
  commitAll(work, 'Describe the shop');
  git(workspace, 'clone', '--quiet', '--bare', work, bare);
  rmSync(work, { recursive: true });
  return bare;
}

async function ship(service: ShopService, deployRepository: string): Promise<Shipped> {
  const directory = makeFixtureProject(service.name, join(workspace, service.name), {
    files: { 'slipway.yml': shopSettings(registry, deployRepository, 'shop') },
    ...(service.tag !== undefined && { tag: service.tag }),
  });
  console.log(`\n$ slipway ship ${service.name} --env prod`);
  const output = await run(process.execPath, [
    join(repositoryRoot(), 'dist/cli/main.js'),
    'ship',
    directory,
    '--env',
    'prod',
    '--json',
  ]);
  const result = JSON.parse(output) as {
    release: { kind: string; version: string; size: number; digest: string };
    milliseconds: Record<string, number>;
  };
  const { kind, version, size, digest } = result.release;
  return { service, kind, version, size, digest, milliseconds: result.milliseconds };
}

/** stdout of a command whose stderr the person sees live. Throws when it fails. */
function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(stdout) : reject(new Error(`${args.join(' ')} ended with ${code}`)),
    );
  });
}

interface Answer {
  readonly url: string;
  readonly body: string;
}

/** Every call goes through node-gateway, which reaches the other two by service name over the overlay network. */
async function callShop(): Promise<Readonly<Record<string, Answer>>> {
  const base = `http://127.0.0.1:${gatewayPort}`;
  const paths = {
    'go-accountservice': '/api/accounts/10042',
    'spring-boot-quotes': '/api/quote',
    'node-gateway': '/api/overview/10007',
  };
  const answers: Record<string, Answer> = {};
  for (const [name, path] of Object.entries(paths)) answers[name] = { url: base + path, body: await ask(base + path) };
  return answers;
}

async function ask(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const body = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${body}`);
  return body.trim();
}

function printSummary(shipped: readonly Shipped[], answers: Readonly<Record<string, Answer>>): void {
  console.log('\nThree services, from source to running releases:\n');
  printTable(
    ['service', 'kind', 'version', 'size', ...stages],
    shipped.map(({ service, kind, version, size, milliseconds }) => [
      service.name,
      kind,
      version,
      `${(size / 1e6).toFixed(1)} MB`,
      ...stages.map((stage) => `${((milliseconds[stage] ?? 0) / 1000).toFixed(1)} s`),
    ]),
  );
  printTable(
    ['service', 'digest'],
    shipped.map(({ service, digest }) => [service.name, digest]),
  );
  printTable(
    ['service', 'url', 'answer'],
    shipped.map(({ service }) => [service.name, answers[service.name]?.url ?? '', answers[service.name]?.body ?? '']),
  );
  console.log(`The services keep running in the Swarm stack 'shop'. The deploy repository's log:\n`);
  console.log(git(join(workspace, 'deploy.git'), 'log', '--oneline', '--no-decorate').replace(/^/gm, '  '));
  console.log('\nBase images are stand-ins where the engine had no real ones; make clean-engine removes all of it.');
}

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd();
  console.log([line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line), ''].join('\n'));
}
