import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A proxy of the kind that companies have, which knows names that no resolver does. */
export interface NameProxy {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** `CONNECT registry.test:443`, `GET http://registry.test/…`, in order. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** `names`: where a `host:port` really is. `login`: `user:password` that is asked for. */
export async function startNameProxy(names: Readonly<Record<string, string>>, login?: string): Promise<NameProxy> {
  const asked: string[] = [];
  const isWelcome = ({ headers }: IncomingMessage): boolean =>
    login === undefined || headers['proxy-authorization'] === `Basic ${Buffer.from(login).toString('base64')}`;
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const url = new URL(incoming.url ?? '');
    const [host, port] = names[`${url.hostname}:${url.port || 80}`]?.split(':') ?? [];
    if (!isWelcome(incoming) || port === undefined) {
      incoming.resume();
      outgoing.writeHead(isWelcome(incoming) ? 502 : 407).end();
      return;
    }
    const options = {
      host,
      port: Number(port),
      method: incoming.method,
      path: url.pathname + url.search,
      headers: incoming.headers,
    };
    const onward = request({ ...options, agent: false }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 500, reply.headers);
      reply.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  server.on('connect', (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    const [host, port] = names[incoming.url ?? '']?.split(':') ?? [];
    if (!isWelcome(incoming) || port === undefined) {
      socket.end(
        `HTTP/1.1 ${isWelcome(incoming) ? '502 Bad Gateway' : '407 Proxy Authentication Required'}\r\ncontent-length: 0\r\n\r\n`,
      );
      return;
    }
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  const open = new Set<Socket>();
  server.on('connection', (socket) => open.add(socket.once('close', () => open.delete(socket))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
