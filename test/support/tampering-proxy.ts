import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of an answer on its way: the body to send instead. Undefined: as it is. */
export type Tamper = (path: string, body: Buffer) => Buffer | undefined;

/** A stand-in for somebody between us and a registry, or for a registry that lies: it changes what is read. */
export async function startTamperingProxy(registry: string) {
  let tamper: Tamper = () => undefined;
  let refuse: RegExp | undefined;
  const server = createServer((asked, answer) => {
    const { method, url = '/', headers } = asked;
    if (refuse?.test(`${method} ${url}`)) {
      asked.resume();
      answer.writeHead(405, { 'content-type': 'application/json' });
      answer.end('{"errors":[{"code":"UNSUPPORTED","message":"no artifacts here"}]}');
      return;
    }
    const [host, port] = registry.split(':');
    const onward = request({ host, port, method, path: url, headers: { ...headers, host: registry } }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.on('end', () => {
        const body = Buffer.concat(chunks);
        const changed = method === 'GET' ? (tamper(url, body) ?? body) : body;
        const length = method === 'HEAD' ? reply.headers['content-length'] : String(changed.length);
        answer.writeHead(reply.statusCode ?? 500, { ...reply.headers, ...(length && { 'content-length': length }) });
        answer.end(changed);
      });
    });
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    /** From now on. */
    set: (next: Tamper) => {
      tamper = next;
    },
    /** What is asked so is refused from now on: `PUT /v2/…`. */
    refuse: (calls: RegExp | undefined) => {
      refuse = calls;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
