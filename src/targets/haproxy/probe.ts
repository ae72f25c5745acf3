import { request } from 'node:http';
import { createConnection } from 'node:net';
import { describeError } from '../../core/failure.js';

const patience = 2_000;
/** A published port takes connections for a container that listens to nobody, and closes them at once. */
const openMilliseconds = 250;

/**
 * Undefined: it answers, with a status from 200 to 399 where a path is known, or by keeping a connection open where none is; else
 * what was wrong, in a few words.
 */
export function probe(address: string, port: number, path: string | undefined): Promise<string | undefined> {
  return path === undefined ? probePort(address, port) : probeUrl({ host: address, port, path });
}

/** The same of a whole `http://` URL. */
export function probeThrough(url: string): Promise<string | undefined> {
  const { hostname, port, pathname, search, host } = new URL(url);
  const target = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 80), path: `${pathname}${search}` };
  return probeUrl({ ...target, headers: { host } });
}

function probeUrl(options: {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ ...options, agent: false, timeout: patience }, (answer) => {
      answer.resume();
      const status = answer.statusCode ?? 0;
      answer.on('end', () => resolve(status >= 200 && status < 400 ? undefined : `${options.path} answers ${status}`));
      answer.on('error', (error) => resolve(describeError(error)));
    });
    asked.on('timeout', () => asked.destroy(new Error(`${options.path} does not answer within ${patience / 1000} s`)));
    asked.on('error', (error) => resolve(describeError(error)));
    asked.end();
  });
}

function probePort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const connection = createConnection({ host, port });
    const end = (said: string | undefined) => {
      clearTimeout(timer);
      connection.destroy();
      resolve(said);
    };
    const timer = setTimeout(() => end('the port takes no connection'), patience);
    connection.on('connect', () => setTimeout(() => end(undefined), openMilliseconds));
    connection.on('error', (error) => end(describeError(error)));
    connection.on('close', () => end('the port closes connections at once'));
  });
}
