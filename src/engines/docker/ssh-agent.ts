import { spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex } from 'node:stream';
import type { Endpoint } from './endpoint.js';

/**
 * HTTP over `ssh … docker system dial-stdio`, one process for a connection, as the `docker` command line does it. The
 * system's own `ssh` brings the user's configuration, known hosts, agent and jump hosts.
 */
export function sshAgent(
  endpoint: Extract<Endpoint, { kind: 'ssh' }>,
  environment: Readonly<Record<string, string | undefined>>,
): Agent {
  const agent = new Agent({ keepAlive: false });
  const open = () => openConnection(endpoint, environment);
  return Object.assign(agent, { createConnection: open });
}

function openConnection(
  endpoint: Extract<Endpoint, { kind: 'ssh' }>,
  environment: Readonly<Record<string, string | undefined>>,
): Duplex {
  const port = endpoint.port === undefined ? [] : ['-p', String(endpoint.port)];
  const argv = ['-o', 'ConnectTimeout=30', '-T', ...port, '--', endpoint.destination, 'docker', 'system', 'dial-stdio'];
  const child = spawn('ssh', argv, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...environment } });
  const connection = new Duplex({
    read: () => void child.stdout.resume(),
    // Whether writing worked is told by the process's end, with the reason.
    write: (chunk: Buffer, _, done) => void child.stdin.write(chunk, () => done()),
    final: (done) => void child.stdin.end(() => done()),
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  let complaint = '';
  child.stdin.on('error', () => {});
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2000);
  });
  child.stdout.on('data', (chunk: Buffer) => {
    if (!connection.push(chunk)) child.stdout.pause();
  });
  child.once('error', (error) => connection.destroy(error));
  // The end of the stream waits for the end of the process: only then is it known whether it is one.
  child.once('close', (code) => {
    if (!code) connection.push(null);
    else connection.destroy(Object.assign(new Error(sshComplaint(code, complaint)), { code: 'ECONNREFUSED' }));
  });
  return asSocket(connection);
}

function sshComplaint(code: number, complaint: string): string {
  return `ssh ended with ${code}: ${complaint.trim().split('\n').at(-1) ?? ''}`;
}

/** The parts of a socket that `node:http` calls on every connection. */
function asSocket(connection: Duplex): Duplex {
  const self = () => connection;
  return Object.assign(connection, { setKeepAlive: self, setNoDelay: self, setTimeout: self, ref: self, unref: self });
}
