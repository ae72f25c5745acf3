import type Docker from 'dockerode';
import type { RunContext } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import type { TryPlan } from '../../core/plan.js';
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
  | { readonly end: 'no-probe'; readonly why: string }
  | { readonly end: 'timeout' };

/** Start the image once: see `Engine.tryImage`. */
export async function tryImage(
  workshop: Workshop,
  job: TryJob,
  context: RunContext,
): Promise<{ readonly milliseconds: number; readonly answer: string }> {
  const { docker } = workshop;
  const { plan } = job;
  await ensureImage(docker, job.probeWith, workshop.options, context);
  const labels = ownerLabels(workshop.owner, plan.timeoutSeconds);
  const [name, probeName] = [workshop.nextName('try'), workshop.nextName('probe')];
  const cleanup = new Cleanup();
  try {
    for (const made of [name, probeName]) {
      cleanup.add(() => docker.getContainer(made).remove({ force: true, v: true }));
    }
    const tried = await docker.createContainer({
      name,
      Image: job.image,
      Env: Object.entries(plan.env).map(([key, value]) => `${key}=${value}`),
      Labels: labels,
      Healthcheck: { Test: ['NONE'] },
    });
    // Made here and not in what an interrupt cuts off, so that nothing is made behind the cleaning's back.
    const prober = await createProber(workshop, job, tried, probeName, labels);
    context.signal.throwIfAborted();
    const started = performance.now();
    await tried.start();
    const seen = { last: '' };
    const ending = await unlessAborted(waitForEnding(job, tried, prober, seen), context.signal);
    if (ending.end === 'answered')
      return { milliseconds: Math.round(performance.now() - started), answer: ending.answer };
    throw unhealthy(job, ending, seen.last, await lastLogLines(tried));
  } finally {
    await cleanup.run();
  }
}

async function waitForEnding(
  job: TryJob,
  tried: Docker.Container,
  prober: Docker.Container,
  seen: { last: string },
): Promise<Ending> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Ending>((resolve) => {
    timer = setTimeout(() => resolve({ end: 'timeout' }), job.plan.timeoutSeconds * 1000);
  });
  const exited = tried
    .wait()
    .then(({ StatusCode }: { StatusCode: number }): Ending => ({ end: 'exited', code: StatusCode }));
  const probed = probe(prober, seen);
  // When the tried container is gone its network is too, and the probe fails for that reason alone.
  const answered = probed.catch(async (error: unknown): Promise<Ending> => {
    const { State } = await tried.inspect();
    if (!State.Running) return { end: 'exited', code: State.ExitCode };
    throw error;
  });
  try {
    return await Promise.race([exited, answered, timeout]);
  } finally {
    clearTimeout(timer);
    exited.catch(() => {});
    answered.catch(() => {});
  }
}

function createProber(
  workshop: Workshop,
  job: TryJob,
  tried: Docker.Container,
  name: string,
  labels: Record<string, string>,
): Promise<Docker.Container> {
  const { port, path } = job.plan.probe;
  return workshop.docker.createContainer({
    name,
    Image: job.probeWith,
    Entrypoint: ['/bin/sh', '-c', probeScript, 'probe', String(port), path ?? ''],
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
  const { port, path } = job.plan.probe;
  const asked = path === undefined ? `on port ${port}` : `to GET ${path} on port ${port}`;
  const said = last === '' ? '' : ` (last answer: ${last})`;
  const how = {
    exited: `ended with exit code ${ending.end === 'exited' ? ending.code : ''} before it answered ${asked}`,
    timeout: `did not answer ${asked} within ${job.plan.timeoutSeconds} s${said}`,
    'no-probe': `cannot be asked ${asked} from ${job.probeWith}: ${ending.end === 'no-probe' ? ending.why : ''}`,
    answered: '',
  }[ending.end];
  return new Failure('build.unhealthy', {
    message: `The image ${how}`,
    where: job.image,
    remedy: 'See its last lines; set the port, health path, time or environment of the try, or switch it off.',
    lastLines,
  });
}
