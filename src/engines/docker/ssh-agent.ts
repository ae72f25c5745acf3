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
  const connection = Duplex.from({ writable: child.stdin, readable: child.stdout });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2000);
  });
  child.once('error', (error) => connection.destroy(error));
  child.once('close', (code) => {
    if (!code) return;
    const reason = complaint.trim().split('\n').at(-1) ?? '';
    connection.destroy(Object.assign(new Error(`ssh ended with ${code}: ${reason}`), { code: 'ECONNREFUSED' }));
  });
  connection.once('close', () => child.kill());
  return asSocket(connection);
}

/** The parts of a socket that `node:http` calls on every connection. */
function asSocket(connection: Duplex): Duplex {
  const self = () => connection;
  return Object.assign(connection, { setKeepAlive: self, setNoDelay: self, setTimeout: self, ref: self, unref: self });
}
