import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { docker } from './docker.js';
import { testRegistry } from './engine-state.js';
import { commitAll, git } from './fixture-project.js';
import { leftBehind } from './left-behind.js';
import { makeTinyProject, writeFiles } from './tiny-project.js';

/** A tiny service with everything that `slipway ship` needs: its repository, a deploy repository, a stack of the real Swarm. */
export interface TinyStack {
  readonly directory: string;
  readonly stack: string;
  /** Name of the image without registry. */
  readonly path: string;
  readonly deployRepository: string;
  readonly stateDirectory: string;
  readonly env: Readonly<Record<string, string>>;
  /** Commit a change, so that the next version has content of its own. */
  change(text: string): void;
  /** The image that the Swarm runs. */
  runningImage(): string;
  /** The image that the deploy repository's template names. */
  templateImage(): string;
  leftBehind(): ReturnType<typeof leftBehind>;
}

export function makeTinyStack(workspace: string, purpose: string): TinyStack {
  const stack = `slipway-test-${purpose}-${process.pid}`;
  const path = `${stack}/tiny`;
  const deployRepository = join(workspace, 'deploy.git');
  const work = join(workspace, 'deploy');
  const stateDirectory = join(workspace, 'state');
  mkdirSync(work);
  writeFiles(work, { 'prod/stack.yml': stackFile(`${testRegistry()}/${path}`) });
  commitAll(work, 'Describe the stack');
  git(workspace, 'clone', '--quiet', '--bare', work, deployRepository);
  const directory = makeTinyProject(join(workspace, 'tiny'), {
    'slipway.yml': `image: { repository: ${testRegistry()}/${path} }
deploy:
  repository: ${deployRepository}
  environments: { prod: { path: prod, stack: ${stack} } }
`,
  });
  return {
    directory,
    stack,
    path,
    deployRepository,
    stateDirectory,
    env: { SLIPWAY_STATE_DIRECTORY: stateDirectory },
    change: (text) => {
      writeFiles(directory, { 'change.txt': text });
      commitAll(directory, text);
    },
    runningImage: () =>
      docker('service', 'inspect', '--format', '{{.Spec.TaskTemplate.ContainerSpec.Image}}', `${stack}_tiny`),
    templateImage: () =>
      /image: (\S+)/.exec(git(deployRepository, 'show', 'main:prod/stack.yml'))?.[1] ?? 'no image in the template',
    leftBehind: () => leftBehind(stateDirectory),
  };
}

/** The image's own health check would keep each rollout waiting for its first interval. */
function stackFile(image: string): string {
  return `version: "3.8"
services:
  tiny:
    image: ${image}:0.0.0
    stop_grace_period: 1s
    healthcheck: { disable: true }
    deploy:
      endpoint_mode: dnsrr
      update_config: { order: start-first, monitor: 1s }
`;
}
