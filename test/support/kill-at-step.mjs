/**
 * Loaded with `node --import` before a program of ours: counts the program's effects on the world and kills it with SIGKILL at the
 * n-th one. There is no hook for this in the product. `KILL_AT_STEP`: the number, from 1; unset or 0: never. `KILL_AT_MOMENT`: `before`
 * the effect is begun or `after` it is carried out. `KILL_AT_LOG`: a file that gets a line for each effect. `KILL_AT_IGNORE`: a regular
 * expression of effects, as the log words them, that are not counted.
 *
 * An effect: a file or directory that is made, written, renamed or removed; a program that is started (after: it has ended); an HTTP
 * request but GET and HEAD (after: its reply has begun); bytes written to a socket of another protocol. What only reads leaves nothing
 * behind: a death between two effects is a death before the second. What is printed, and what a child writes to, is none.
 */
import childProcess from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const wanted = Number(process.env.KILL_AT_STEP ?? 0);
const moment = process.env.KILL_AT_MOMENT ?? 'before';
const log = process.env.KILL_AT_LOG;
const ignored = process.env.KILL_AT_IGNORE ? new RegExp(process.env.KILL_AT_IGNORE) : undefined;
let count = 0;
/** Node's own functions call each other: what one does for another is no effect of its own. */
let inside = false;

/** Counts the effect, dies where it is the one; returns what must be called once it is carried out. */
function begin(description) {
  if (ignored?.test(description)) return () => {};
  count += 1;
  const mine = count === wanted;
  if (log !== undefined) {
    const line = `${count} ${description.replaceAll(/\s+/g, ' ').slice(0, 300)}\n`;
    within(() => fs.appendFileSync(log, line));
  }
  if (mine && moment === 'before') die();
  return () => {
    if (mine && moment === 'after') die();
  };
}

function within(work) {
  const before = inside;
  inside = true;
  try {
    return work();
  } finally {
    inside = before;
  }
}

function die() {
  process.kill(process.pid, 'SIGKILL');
}

/** An effect that may be called as a promise, with a callback at the end, or synchronously. */
function patch(object, name, describe) {
  const original = object[name];
  if (typeof original !== 'function') return;
  object[name] = function patched(...args) {
    const description = inside ? undefined : describe(args, this);
    if (description === undefined) return original.apply(this, args);
    const done = begin(description);
    const callback = args.at(-1);
    if (typeof callback === 'function') {
      args[args.length - 1] = (...results) => {
        done();
        callback(...results);
      };
      return within(() => original.apply(this, args));
    }
    const result = within(() => original.apply(this, args));
    if (typeof result?.then !== 'function') {
      done();
      return result;
    }
    return result.then((value) => {
      done();
      return value;
    });
  };
  Object.assign(object[name], original);
}

const pathOf = (value) => (value instanceof URL || typeof value === 'string' || value instanceof Uint8Array ? String(value) : 'a file');
const isPrinted = (target) => target === 1 || target === 2;

const onPaths = ['writeFile', 'appendFile', 'rename', 'rm', 'rmdir', 'unlink', 'mkdir', 'mkdtemp', 'symlink', 'link', 'copyFile', 'cp', 'chmod', 'truncate'];
function patchFiles(object, suffix) {
  for (const name of onPaths) {
    patch(object, name + suffix, (args) => (isPrinted(args[0]) ? undefined : `${name} ${pathOf(args[0])}`));
  }
  patch(object, `open${suffix}`, (args) =>
    typeof args[1] === 'string' && /[wa+]/.test(args[1]) ? `open ${args[1]} ${pathOf(args[0])}` : undefined,
  );
}
patchFiles(fs, '');
patchFiles(fs, 'Sync');
patchFiles(fs.promises, '');
for (const name of ['write', 'writev', 'ftruncate']) {
  for (const suffix of ['', 'Sync']) patch(fs, name + suffix, (args) => (isPrinted(args[0]) ? undefined : `${name} to an open file`));
}
const handle = await fs.promises.open(new URL(import.meta.url), 'r');
for (const name of ['write', 'writev', 'writeFile', 'appendFile', 'truncate', 'chmod']) {
  patch(Object.getPrototypeOf(handle), name, () => `${name} to an open file`);
}
await handle.close();

const { spawn } = childProcess.ChildProcess.prototype;
childProcess.ChildProcess.prototype.spawn = function patched(options) {
  if (inside) return spawn.call(this, options);
  const done = begin(`spawn ${(options.args ?? [options.file]).join(' ')}`);
  this.prependOnceListener('exit', done);
  return spawn.call(this, options);
};
for (const name of ['spawnSync', 'execFileSync', 'execSync']) {
  patch(childProcess, name, ([file, args]) => `${name} ${[file, ...(Array.isArray(args) ? args : [])].join(' ')}`);
}

const reads = /^(?:GET|HEAD)$/i;
const replied = new WeakMap();
const { end, emit } = http.ClientRequest.prototype;
http.ClientRequest.prototype.end = function patched(...args) {
  if (!reads.test(this.method) && !replied.has(this)) replied.set(this, begin(`http ${this.method} ${this.path}`));
  return end.apply(this, args);
};
http.ClientRequest.prototype.emit = function patched(event, ...args) {
  if (event === 'response') replied.get(this)?.();
  return emit.call(this, event, ...args);
};
const { fetch } = globalThis;
globalThis.fetch = async function patched(input, init) {
  const method = init?.method ?? input?.method ?? 'GET';
  if (reads.test(method)) return fetch(input, init);
  const done = begin(`http ${method} ${new URL(input?.url ?? input).pathname}`);
  const response = await fetch(input, init);
  done();
  return response;
};

// HTTP's own writes are counted as requests; a pipe to a child or to whoever reads our output is no peer.
const { write } = net.Socket.prototype;
net.Socket.prototype.write = function patched(chunk, ...args) {
  const isPeer = this._httpMessage === undefined || this._httpMessage === null;
  const isPipe = this._handle?.constructor.name === 'Pipe' && this.remoteAddress === undefined && !this.connecting && !connected.has(this);
  const isUndici = Object.getOwnPropertySymbols(this).some((symbol) => /client|parser/i.test(String(symbol)));
  const printed = this === process.stdout || this === process.stderr || this.fd === 1 || this.fd === 2;
  if (!isPeer || isPipe || isUndici || printed) return write.call(this, chunk, ...args);
  const done = begin(`socket write ${String(chunk).slice(0, 120)}`);
  const callback = typeof args.at(-1) === 'function' ? args.pop() : undefined;
  return write.call(this, chunk, ...args, (error) => {
    done();
    callback?.(error);
  });
};
const connected = new WeakSet();
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function patched(...args) {
  connected.add(this);
  return connect.apply(this, args);
};

syncBuiltinESMExports();
