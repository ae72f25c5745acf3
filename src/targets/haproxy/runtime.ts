import { createConnection } from 'node:net';
import { withDeadline } from '../../core/deadline.js';
import { describeError, errorCode, Failure } from '../../core/failure.js';

/** A server as HAProxy has it right now. */
export interface LiveServer {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** What it was told: take requests, only finish those it has, or none at all. */
  readonly admin: 'ready' | 'drain' | 'maint';
  /** By its checks; a server without checks is up. */
  readonly up: boolean;
  /** Whether a check has passed since the server left maintenance: its health is then above what it began with. */
  readonly checked: boolean;
  /** Whether HAProxy checks it at all. */
  readonly hasCheck: boolean;
  /** Requests that it is working on. */
  readonly sessions: number;
}

/** The Runtime API of one HAProxy. All of it throws `deploy.orchestrator` where nobody answers. */
export interface Runtime {
  /** e.g. `2.6.12-1+deb12u4`. */
  version(signal: AbortSignal): Promise<string>;
  /** Undefined: there is no such backend. */
  servers(backend: string, signal: AbortSignal): Promise<readonly LiveServer[] | undefined>;
  /** A command whose effect is looked up afterwards; returns what HAProxy said, for a person. */
  tell(command: string, signal: AbortSignal): Promise<string>;
}

const patience = 10_000;

/** `socket`: path of a `stats socket … level admin`. */
export function openRuntime(socket: string): Runtime {
  const tell = (command: string, signal: AbortSignal) => ask(socket, command, signal);
  return {
    tell,
    async version(signal) {
      const info = await tell('show info', signal);
      const version = /^Version: *(\S+)/m.exec(info)?.[1];
      if (version !== undefined) return version;
      throw new Failure('deploy.orchestrator', { message: 'This is not a HAProxy Runtime API', where: socket });
    },
    async servers(backend, signal) {
      const states = readTable(await tell(`show servers state ${backend}`, signal), /^# /, ' ');
      if (states === undefined) return undefined;
      const stats = readTable(await tell(`show stat ${backend} 4 -1`, signal), /^# /, ',') ?? [];
      return states.map((state) => describeServer(state, stats.find((each) => each.svname === state.srv_name) ?? {}));
    },
  };
}

type Row = Readonly<Record<string, string>>;

/** Bits of srv_admin_state (HAProxy management guide, "show servers state"): forced, inherited, DNS maintenance; forced, inherited drain. */
const maintenance = 0x01 | 0x02 | 0x20;
const drain = 0x08 | 0x10;

function describeServer(state: Row, stat: Row): LiveServer {
  const admin = Number(state.srv_admin_state);
  const [health, rise, fall] = [stat.check_health, stat.check_rise, stat.check_fall].map(Number);
  const checked = Number(state.srv_check_result) === 3 && (fall === 1 || (health ?? 0) > (rise ?? 0));
  return {
    name: state.srv_name ?? '',
    address: state.srv_addr ?? '',
    port: Number(state.srv_port),
    admin: admin & maintenance ? 'maint' : admin & drain ? 'drain' : 'ready',
    up: Number(state.srv_op_state) >= 2,
    checked,
    // Bit 0x02 of srv_check_state: checks are configured; 0x04: enabled.
    hasCheck: (Number(state.srv_check_state) & 0x06) === 0x06,
    sessions: Number(stat.scur ?? 0) + Number(stat.qcur ?? 0),
  };
}

/** A table whose header starts with `# `; undefined where there is none. */
function readTable(text: string, header: RegExp, separator: string): readonly Row[] | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const at = lines.findIndex((line) => header.test(line));
  if (at < 0) return undefined;
  const names = lines[at]?.slice(2).split(separator) ?? [];
  return lines.slice(at + 1).map((line) => {
    const values = line.split(separator);
    return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
  });
}

/** One command on a connection of its own, which HAProxy closes when it has answered. */
async function ask(socket: string, command: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  try {
    return await withDeadline(patience, signal, (limit) => dial(socket, command, limit));
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(socket, error);
  }
}

function dial(path: string, command: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const connection = createConnection({ path });
    const chunks: Buffer[] = [];
    const stop = (): void => {
      connection.destroy(signal.reason instanceof Error ? signal.reason : new Error('stopped'));
    };
    signal.addEventListener('abort', stop, { once: true });
    connection.on('connect', () => connection.write(`${command}\n`));
    connection.on('data', (chunk: Buffer) => chunks.push(chunk));
    connection.on('error', reject);
    connection.on('close', () => {
      signal.removeEventListener('abort', stop);
      resolve(Buffer.concat(chunks).toString('utf8').trim());
    });
  });
}

function unreachable(socket: string, cause: unknown): Failure {
  const denied = errorCode(cause) === 'EACCES';
  return new Failure('deploy.orchestrator', {
    message: `HAProxy does not answer on its Runtime API: ${describeError(cause)}`,
    where: socket,
    remedy: denied
      ? "Let this user use the socket: see mode, user and group of HAProxy's 'stats socket' line."
      : `HAProxy must run on this machine, with 'stats socket ${socket} mode 660 level admin' in its global section.`,
    cause,
  });
}
