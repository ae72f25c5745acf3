import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeWorkspace, type Started, slipway, startSlipway } from './cli.js';
import { docker } from './docker.js';
import { commitAll, git } from './fixture-project.js';
import { openSwarmScratch } from './swarm-scratch.js';
import { writeFiles } from './tiny-project.js';

/** A release in the registry, with the file that `slipway deploy` takes. */
export interface ScratchRelease {
  readonly version: string;
  /** `repository:tag@sha256:…`. */
  readonly image: string;
  readonly file: string;
}

/** A deploy repository, a project that deploys from it into a stack of the real Swarm, and releases of an image that does nothing. */
export interface DeployScratch {
  readonly stack: string;
  readonly project: string;
  readonly deployRepository: string;
  readonly stateDirectory: string;
  readonly env: Readonly<Record<string, string>>;
  /** Push an image whose containers run this command. */
  release(version: string, command?: readonly string[]): Promise<ScratchRelease>;
  run(...args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
  start(...args: readonly string[]): Started;
  /** The image that the Swarm's service has. */
  running(service?: string): string;
  /** The image that git has. */
  template(service?: string): string;
  /** Subjects of the deploy repository's commits, newest first. */
  log(): readonly string[];
  remove(): Promise<void>;
}

/** Ends at once when it is told to. */
const idle = ['sh', '-c', "trap 'exit 0' TERM; sleep 1000 & wait"];

export function openDeployScratch(services: readonly string[] = ['web'], settings = ''): DeployScratch {
  const swarm = openSwarmScratch();
  const { stack } = swarm;
  const workspace = makeWorkspace();
  const place = (name: string): string => join(workspace.path, name);
  const repository = `${registryOf(stack)}`;
  const [work, deployRepository, project] = [place('deploy'), place('deploy.git'), place('project')];
  mkdirSync(work);
  writeFiles(work, { 'prod/stack.yml': stackFile(repository, services) });
  commitAll(work, 'Describe the stack');
  git(workspace.path, 'clone', '--quiet', '--bare', work, deployRepository);
  writeFiles(project, {
    'slipway.yml': `deploy:
  repository: ${deployRepository}
  timeout: 60s
  environments:
    prod: { path: prod, stack: ${stack}${services.length > 1 ? `, services: [${services.join(', ')}]` : ''}${settings} }
`,
  });
  const env = { SLIPWAY_STATE_DIRECTORY: place('state') };
  return {
    stack,
    project,
    deployRepository,
    stateDirectory: place('state'),
    env,
    release: async (version, command = idle) => {
      const image = await swarm.pushImage(version, command);
      const file = place(`release-${version}.json`);
      writeFileSync(file, JSON.stringify(releaseOf(version, image)));
      return { version, image, file };
    },
    run: (...args) => slipway(args, { cwd: project, env }),
    start: (...args) => startSlipway(args, { cwd: project, env }),
    running: (service = services[0] ?? '') =>
      docker('service', 'inspect', '--format', '{{.Spec.TaskTemplate.ContainerSpec.Image}}', `${stack}_${service}`),
    template: (service = services[0] ?? '') => imageIn(git(deployRepository, 'show', 'main:prod/stack.yml'), service),
    log: () => git(deployRepository, 'log', '--format=%s', 'main').split('\n'),
    remove: async () => {
      await swarm.remove();
      workspace.remove();
    },
  };
}

function registryOf(stack: string): string {
  return `${process.env.SLIPWAY_TEST_REGISTRY ?? '127.0.0.1:5000'}/${stack}`;
}

function releaseOf(version: string, image: string): object {
  const [, repository, digest] = /^(.*):[^:@]+@(.*)$/.exec(image) ?? [];
  return { format: 1, repository, digest, version, tags: [version], size: 1, kind: 'go' };
}

/** The service's own image: the first one behind its key. */
export function imageIn(template: string, service: string): string {
  const part = template.slice(template.indexOf(`\n  ${service}:\n`));
  return /image: (\S+)/.exec(part)?.[1] ?? 'no image in the template';
}

function stackFile(repository: string, services: readonly string[]): string {
  const each = services.map(
    (service) => `  ${service}:
    image: ${repository}:0.0.0
    stop_grace_period: 1s
    hostname: ${service}
    healthcheck: { disable: true }
    deploy:
      endpoint_mode: dnsrr
      restart_policy: { condition: any, delay: 500ms }
      update_config: { order: start-first, monitor: 1s }
`,
  );
  return `version: "3.8"\nservices:\n${each.join('')}`;
}
