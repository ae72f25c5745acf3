import type Docker from 'dockerode';
import type { BuildJob, RunContext } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import type { BuilderContainer } from './builder-container.js';
import { unlessAborted } from './cleanup.js';
import { readExitCode } from './exit-code.js';
import { maskOf } from './mask.js';
import { readContainerOutput, Tail } from './output-lines.js';
import { explainFailure, ScriptReader } from './script-report.js';

/**
 * Start a builder and follow it to its end. `foreign`: it saw that its mounts show another disk, and did nothing. Throws
 * the failure that its script reports, and `build.timeout`.
 */
export async function runBuilder(
  builder: Docker.Container,
  job: BuildJob,
  container: BuilderContainer,
  context: RunContext,
): Promise<'done' | 'foreign'> {
  const { steps, outputs, timeoutSeconds } = job.builder;
  const mask = maskOf(container.files.flatMap(({ secrets }) => secrets));
  const tail = new Tail();
  const onLine = (line: string) => {
    const masked = mask(line);
    tail.push(masked);
    context.progress.output(masked);
  };
  const reader = new ScriptReader(container.nonce, (index) => context.progress.step(steps[index]?.title ?? ''), onLine);
  const stream = await builder.attach({ stream: true, stdout: true, stderr: true });
  const output = readContainerOutput(stream as AsyncIterable<Buffer>, (line) => reader.read(line));
  output.catch(() => {});
  await builder.start();
  const code = await unlessAborted(withTimeout(readExitCode(builder, output), timeoutSeconds, tail), context.signal);
  if (reader.report.foreign) return 'foreign';
  if (code === 0 && reader.report.done) return 'done';
  throw explainFailure(reader.report, code, { steps, outputs, image: container.image }, tail.lines);
}

async function withTimeout<T>(work: Promise<T>, seconds: number, tail: Tail): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `The build took longer than ${seconds} s`;
      const remedy = 'Give it longer with build.timeout, or see in its last lines what it waits for.';
      reject(new Failure('build.timeout', { message, remedy, lastLines: tail.lines }));
    }, seconds * 1000);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}
