import type Docker from 'dockerode';
import type { RunContext } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import type { TryPlan } from '../../core/plan.js';
import type { Probe } from '../../core/recipe.js';
import { Cleanup, unlessAborted } from './cleanup.js';
import { readExitCode } from './exit-code.js';
import { ensureImage } from './images.js';
import { readContainerOutput, Tail } from './output-lines.js';
import { ownerLabels } from './owner.js';
import { probeScript } from './probe-script.js';
import type { Workshop } from './workshop.js';

export interface TryJob {
  readonly image: string;
  readonly plan: TryPlan;
  /** An image with a shell, which asks from inside the tried container's network: that works for a remote engine too. */
  readonly probeWith: string;
}

/** How a try ended. */
type Ending =
  | { readonly end: 'answered'; readonly answer: string }
  | { readonly end: 'exited'; readonly code: number }
  | { readonly end: 'stayed' }
  | { readonly end: 'loopback' }
  | { readonly end: 'no-probe'; readonly why: string }
  | { readonly end: 'timeout' };

/** How long an image runs that nobody can ask: most that cannot start say so within it. */
const settleSeconds = 5;

/** Start the image once: see `Engine.tryImage`. */
export async function tryImage(
  workshop: Workshop,
  job: TryJob,
  context: RunContext,
): Promise<{ readonly milliseconds: number; readonly answer: string }> {
  const { docker } = workshop;
  const { plan } = job;
  if (plan.probe) await ensureImage(docker, job.probeWith, workshop.options, context);
  const labels = ownerLabels(workshop.owner, plan.timeoutSeconds);
  const [name, probeName] = [workshop.nextName('try'), workshop.nextName('probe')];
  const cleanup = new Cleanup();
  try {
    for (const made of plan.probe ? [name, probeName] : [name]) {
      cleanup.add(() => docker.getContainer(made).remove({ force: true, v: true }));
    }
    const tried = await docker.createContainer({
      name,
      Image: job.image,
      Env: Object.entries(plan.env).map(([key, value]) => `${key}=${value}`),
      Labels: labels,
      Healthcheck: { Test: ['NONE'] },
    });
    context.signal.throwIfAborted();
    const started = performance.now();
    await tried.start();
    // Made here and not in what an interrupt cuts off, so that nothing is made behind the cleaning's back.
    const prober = plan.probe && (await createProber(workshop, job.probeWith, plan.probe, tried, probeName, labels));
    const seen = { last: '' };
    const ending = await unlessAborted(waitForEnding(plan, tried, prober, seen), context.signal);
    const answer = answerOf(ending, plan, context);
    if (answer !== undefined) return { milliseconds: Math.round(performance.now() - started), answer };
    throw unhealthy(job, ending, seen.last, await lastLogLines(tried));
  } finally {
    await cleanup.run();
  }
}

/** What a good ending is; undefined for a bad one. */
function answerOf(ending: Ending, plan: TryPlan, context: RunContext): string | undefined {
  if (ending.end === 'answered') return ending.answer;
  if (ending.end === 'stayed') return 'still running';
  if (ending.end !== 'exited' || ending.code !== 0 || plan.probe) return undefined;
  context.progress.warn(
    'The image ended at once with exit code 0. That is right for a job; a service would go on: see its arguments.',
  );
  return 'ended with exit code 0';
}

async function waitForEnding(
  plan: TryPlan,
  tried: Docker.Container,
  prober: Docker.Container | undefined,
  seen: { last: string },
): Promise<Ending> {
  let timer: NodeJS.Timeout | undefined;
  const seconds = prober ? plan.timeoutSeconds : Math.min(settleSeconds, plan.timeoutSeconds);
  const timeout = new Promise<Ending>((resolve) => {
    timer = setTimeout(() => resolve({ end: prober ? 'timeout' : 'stayed' }), seconds * 1000);
  });
  const exited = tried
    .wait()
    .then(({ StatusCode }: { StatusCode: number }): Ending => ({ end: 'exited', code: StatusCode }));
  const endings = [exited, timeout, ...(prober ? [askUntilGone(prober, tried, seen)] : [])];
  try {
    return await Promise.race(endings);
  } finally {
    clearTimeout(timer);
    for (const ending of endings) ending.catch(() => {});
  }
}

/** When the tried container is gone its network is too, and the probe fails for that reason alone. */
async function askUntilGone(
  prober: Docker.Container,
  tried: Docker.Container,
  seen: { last: string },
): Promise<Ending> {
  try {
    return await probe(prober, seen);
  } catch (error) {
    const { State } = await tried.inspect();
    if (!State.Running) return { end: 'exited', code: State.ExitCode };
    throw error;
  }
}

/**
 * Asked is the address that others reach the container by: a program that listens on its loopback only is no service. An
 * engine without the usual network gives none.
 */
async function createProber(
  workshop: Workshop,
  image: string,
  { port, path }: Probe,
  tried: Docker.Container,
  name: string,
  labels: Record<string, string>,
): Promise<Docker.Container> {
  const { NetworkSettings } = await tried.inspect();
  const networks = Object.values(NetworkSettings.Networks);
  const address = networks.find(({ IPAddress }) => IPAddress !== '')?.IPAddress ?? '127.0.0.1';
  return workshop.docker.createContainer({
    name,
    Image: image,
    Entrypoint: ['/bin/sh', '-c', probeScript, 'probe', String(port), path ?? '', address],
    Cmd: [],
    User: '0:0',
    Labels: labels,
    HostConfig: { NetworkMode: `container:${tried.id}` },
  });
}

async function probe(prober: Docker.Container, seen: { last: string }): Promise<Ending> {
  const stream = await prober.attach({ stream: true, stdout: true, stderr: true });
  let answer = '';
  const output = readContainerOutput(stream as AsyncIterable<Buffer>, (line, from) => {
    if (from === 'stdout' && line.startsWith('last ')) seen.last = line.slice('last '.length);
    else if (from === 'stdout') answer = line;
  });
  output.catch(() => {});
  await prober.start();
  const code = await readExitCode(prober, output);
  if (code === 0) return { end: 'answered', answer };
  if (code === 4) return { end: 'loopback' };
  return {
    end: 'no-probe',
    why: answer === 'no-tool' ? 'it has none of curl, bash, node, wget' : `exit code ${code}`,
  };
}

async function lastLogLines(tried: Docker.Container): Promise<readonly string[]> {
  const tail = new Tail();
  const logs = await tried.logs({ stdout: true, stderr: true, tail: 20 });
  await readContainerOutput(oneChunk(logs), (line) => tail.push(line));
  return tail.lines;
}

async function* oneChunk(buffer: Buffer): AsyncGenerator<Buffer> {
  yield Buffer.isBuffer(buffer) ? buffer : Buffer.from(buffer);
}

function unhealthy(job: TryJob, ending: Ending, last: string, lastLines: readonly string[]): Failure {
  return new Failure('build.unhealthy', {
    message: `The image ${describeEnding(job, ending, last)}`,
    where: job.image,
    remedy:
      ending.end === 'loopback'
        ? 'Make the program listen on 0.0.0.0 (all interfaces), in its sources or by what it reads from its environment.'
        : 'See its last lines; set the port, health path, time or environment of the try, or switch it off.',
    lastLines,
  });
}

function describeEnding({ plan, probeWith }: TryJob, ending: Ending, last: string): string {
  const { probe, timeoutSeconds } = plan;
  const asked = probe?.path === undefined ? `on port ${probe?.port}` : `to GET ${probe.path} on port ${probe.port}`;
  switch (ending.end) {
    case 'exited':
      return probe === undefined
        ? `ended with exit code ${ending.code} after its start`
        : `ended with exit code ${ending.code} before it answered ${asked}`;
    case 'loopback':
      return `answers ${asked} inside its container only: the program listens on 127.0.0.1`;
    case 'no-probe':
      return `cannot be asked ${asked} from ${probeWith}: ${ending.why}`;
    case 'timeout':
      return `did not answer ${asked} within ${timeoutSeconds} s${last === '' ? '' : ` (last answer: ${last})`}`;
    case 'answered':
    case 'stayed':
      return 'is well';
  }
}
