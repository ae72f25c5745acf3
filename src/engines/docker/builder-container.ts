import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import type { ClientFile } from '../../core/client-settings.js';
import type { BuildJob } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import { cacheMounts } from './caches.js';
import { builderEnvironment, clientLinks } from './client-files.js';
import { inside, type MountProbe, renderCopyScript, renderScript } from './script.js';
import { type ArchiveEntry, writeArchive } from './tar.js';

/** Everything a builder container is made of. */
export interface BuilderContainer {
  readonly name: string;
  readonly image: string;
  readonly imageEnvironment: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly files: readonly ClientFile[];
  readonly nonce: string;
}

/** A nonce for the script's marks. */
export function createNonce(): string {
  return randomBytes(12).toString('hex');
}

/** Its log driver is `none`: output reaches us by attaching, and an engine's log file would keep what we mask. */
export function builderOptions(
  job: BuildJob,
  container: BuilderContainer,
  mounts: readonly Docker.MountSettings[],
): Docker.ContainerCreateOptions {
  return {
    name: container.name,
    Image: container.image,
    Entrypoint: ['/bin/sh', `${inside.home}/build.sh`],
    Cmd: [],
    User: '0:0',
    WorkingDir: '/',
    Env: builderEnvironment(job.builder.env, container.imageEnvironment, container.files),
    Labels: { ...container.labels },
    Healthcheck: { Test: ['NONE'] },
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      Mounts: [...mounts, ...cacheMounts(job)],
      LogConfig: { Type: 'none', Config: {} },
      SecurityOpt: ['label=disable'],
    },
  };
}

/** The builder's script and the lists it reads, by file name. */
export function renderTexts(
  job: BuildJob,
  container: BuilderContainer,
  probe: MountProbe | undefined,
): Readonly<Record<string, string>> {
  const { files } = job.sources;
  const { steps, outputs } = job.builder;
  const oddNames = files.some((file) => file.includes('\n'));
  const plan = { steps, outputs, links: clientLinks(container.files), oddNames, sources: files.length > 0 };
  return {
    'build.sh': renderScript({ ...plan, ...(probe && { probe }) }, container.nonce),
    'copy.sh': renderCopyScript(files),
    files: files.map((file) => `./${file}\0`).join(''),
    'files.lines': files.map((file) => `./${file}\n`).join(''),
  };
}

/** Put the script into a container that was created and not started. */
export async function loadScript(target: Docker.Container, job: BuildJob, container: BuilderContainer): Promise<void> {
  const home = inside.home.slice(1);
  const texts = Object.entries(renderTexts(job, container, undefined));
  const entries = texts.map(
    ([name, text]): ArchiveEntry => ({
      name: `${home}/${name}`,
      type: 'bytes',
      content: Buffer.from(text),
      mode: 0o644,
    }),
  );
  await target.putArchive(writeArchive(entries, { normalise: true }), { path: '/' });
}

/** Paths of a plan that came from a file are not trusted: an output must stay in the source copy and in the output directory. */
export function checkPaths(job: BuildJob): void {
  const inner = [...job.sources.files, ...job.builder.outputs.flatMap(({ from, to }) => [from, to])];
  const bad = inner.find(
    (path) => path === '' || path.startsWith('/') || path.includes('\0') || path.split('/').includes('..'),
  );
  const cache = job.builder.caches.find(({ path }) => !path.startsWith('/') || path.split('/').includes('..'));
  const where = bad ?? cache?.path;
  if (where === undefined) return;
  throw new Failure('settings.plan-file', {
    message: 'A path of the build leads out of the project or the builder',
    where,
    remedy: 'Give sources and outputs relative to the project, caches absolute, none with `..`.',
  });
}
