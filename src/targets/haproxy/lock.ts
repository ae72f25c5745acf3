import { createHash } from 'node:crypto';
import { createConnection, createServer, type Server } from 'node:net';
import type { RunContext } from '../../core/engine.js';
import { errorCode, Failure } from '../../core/failure.js';
import type { Clock } from '../clock.js';

/**
 * One holder on this host at a time. The lock is a listening socket in Linux's abstract namespace: it is taken atomically, it holds
 * for every user of the host, and the kernel lets go of it when its holder dies, however it dies; so no lock can be stale, and nothing
 * is left on a disk. Who holds it is asked of the holder.
 */
export async function withHostLock<T>(
  subject: string,
  waitMilliseconds: number,
  clock: Clock,
  context: RunContext,
  work: () => Promise<T>,
): Promise<T> {
  const server = await acquire(subject, waitMilliseconds, clock, context);
  try {
    return await work();
  } finally {
    await new Promise<void>((settle) => server.close(() => settle()));
  }
}

async function acquire(subject: string, wait: number, clock: Clock, context: RunContext): Promise<Server> {
  const path = `\0slipway/${createHash('sha256').update(subject).digest('hex').slice(0, 40)}`;
  const begun = clock.now();
  for (;;) {
    context.signal.throwIfAborted();
    const server = await listen(path, `process ${process.pid}, since ${new Date().toISOString()}`);
    if (server !== undefined) return server;
    const holder = await askHolder(path);
    if (clock.now() - begun > wait) throw held(subject, holder);
    context.progress.status(`waiting for another rollout of ${subject} (${holder})`);
    await clock.sleep(100 + Math.random() * 100, context.signal);
  }
}

/** Undefined: somebody else has it. */
function listen(path: string, holder: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(holder);
    });
    server.on('error', (error) => (errorCode(error) === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen({ path }, () => resolve(server));
  });
}

function askHolder(path: string): Promise<string> {
  return new Promise((resolve) => {
    const connection = createConnection({ path });
    let text = '';
    connection.setTimeout(1000, () => connection.destroy());
    connection.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8').replace(/[^ -~]/g, '');
    });
    connection.on('error', () => connection.destroy());
    connection.on('close', () => resolve(text.slice(0, 100) || 'it does not say who it is'));
  });
}

function held(subject: string, holder: string): Failure {
  return new Failure('deploy.refused', {
    message: `Another rollout of ${subject} goes on on this host (${holder})`,
    remedy: 'Wait until it has ended, then run the same command again.',
  });
}
