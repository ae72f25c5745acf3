import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../src/core/plan.js';
import { quoteShell } from '../src/core/shell.js';
import { renderJavaTrustStore } from '../src/io/java-trust-store.js';
import { makeFixtureProject } from '../test/support/fixture-project.js';
import { type Figure, measureInTurn, timeProcess } from './measure.js';

const services = ['go-accountservice', 'node-gateway', 'spring-boot-quotes'];
const caBundle = '/etc/ssl/certs/ca-certificates.crt';
const settings = 'build:\n  mounts:\n    ca: true\n    npmrc: true\n    go-env: true\n    maven-settings: true\n';

/** `slipway build --no-try` against the same steps with the `docker` command line, caches warm on both sides. */
export async function benchBuilds(cli: string, workspace: string, rounds: number): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const service of services) figures.push(await benchService(service, cli, workspace, rounds));
  return figures;
}

async function benchService(service: string, cli: string, workspace: string, rounds: number): Promise<Figure> {
  const project = makeFixtureProject(service, join(workspace, service), {
    files: { 'slipway.yml': settings },
    tag: 'v1.0.0',
  });
  const plan = readPlan(cli, project);
  const byHand = handScript(plan, project, workspace);
  const [slipway, hand] = await measureInTurn(
    [
      { name: 'slipway', run: () => timeProcess(process.execPath, [cli, 'build', project, '--no-try', '--quiet']) },
      { name: 'docker', run: () => timeProcess('sh', ['-ec', byHand]) },
    ],
    rounds,
  );
  removeByHand(plan);
  if (!slipway || !hand) throw new Error('nothing was measured');
  const ratio = slipway.median / hand.median;
  return {
    what: `\`slipway build\` of ${service} / by hand`,
    measured: `${(slipway.median / 1000).toFixed(1)} s / ${(hand.median / 1000).toFixed(1)} s`,
    ratio: ratio.toFixed(2),
    aim: '≤ 1.15',
    met: ratio <= 1.15,
  };
}

function readPlan(cli: string, project: string): Plan {
  const result = spawnSync(process.execPath, [cli, 'preview', project, '--json', '--quiet'], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout) as Plan;
}

/** What a person would type for this project: the plan's own builder, steps, caches, outputs and Dockerfile. */
function handScript(plan: Plan, project: string, workspace: string): string {
  const context = mkdtempSync(join(workspace, 'by-hand-'));
  const image = 'image' in plan.builder.from ? plan.builder.from.image : '';
  const run = [
    'docker run --rm -w /work',
    `-v ${quoteShell(project)}:/sources:ro -v ${quoteShell(context)}:/out`,
    ...plan.builder.caches.map((cache) => `-v ${cacheVolume(plan, cache.name)}:${cache.path}`),
    ...Object.entries(plan.builder.env).map(([name, value]) => `-e ${quoteShell(`${name}=${value}`)}`),
    ...trustOptions(workspace),
    ...(existsSync(npmrc()) ? [`-v ${quoteShell(npmrc())}:/root/.npmrc:ro`] : []),
    `${image} sh -ec ${quoteShell(buildScript(plan))}`,
  ].join(' ');
  writeFileSync(join(workspace, `${plan.project.name}.Dockerfile`), plan.image.dockerfile);
  const tag = `slipway-bench-${plan.project.name}`;
  const build = `docker build -q -t ${tag} -f ${quoteShell(join(workspace, `${plan.project.name}.Dockerfile`))} ${quoteShell(context)} > /dev/null`;
  return `rm -rf ${quoteShell(context)}/*\n${run} > /dev/null 2>&1\nDOCKER_BUILDKIT=0 ${build} 2>/dev/null\n`;
}

/** The host's authorities, as a person behind a company's proxy would hand them to Node, Go and Java. */
function trustOptions(workspace: string): readonly string[] {
  if (!existsSync(caBundle)) return [];
  const store = renderJavaTrustStore(readFileSync(caBundle, 'utf8'));
  if (store !== undefined) writeFileSync(join(workspace, 'ca.jks'), store);
  return [
    `-v ${caBundle}:/ca.crt:ro -e NODE_EXTRA_CA_CERTS=/ca.crt -e SSL_CERT_FILE=/ca.crt -e CURL_CA_BUNDLE=/ca.crt`,
    `-v ${quoteShell(join(workspace, 'ca.jks'))}:/ca.jks:ro -e JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/ca.jks`,
  ];
}

function buildScript(plan: Plan): string {
  const steps = plan.builder.steps.map((step) =>
    'argv' in step ? step.argv.map(quoteShell).join(' ') : step.script.join(' && '),
  );
  const outputs = plan.builder.outputs.map(({ from, to, optional }) =>
    optional
      ? `if [ -e ${quoteShell(from)} ]; then cp -a ${quoteShell(from)} /out/${to}; else mkdir -p /out/${to}; fi`
      : `cp -a ${quoteShell(from)} /out/${to}`,
  );
  return ['cp -a /sources/. /work', ...steps, ...outputs].join('\n');
}

function cacheVolume(plan: Plan, cache: string): string {
  return `slipway-bench-${plan.project.name}-${cache}`;
}

function removeByHand(plan: Plan): void {
  const volumes = plan.builder.caches.map((cache) => cacheVolume(plan, cache.name));
  spawnSync('docker', ['volume', 'rm', ...volumes]);
  spawnSync('docker', ['image', 'rm', `slipway-bench-${plan.project.name}`]);
}

function npmrc(): string {
  return join(process.env.HOME ?? '/root', '.npmrc');
}
