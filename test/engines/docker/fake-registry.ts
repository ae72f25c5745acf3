import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';

/** What the stand-in answers instead of handing a request on; undefined: hand it on. */
export type Fault = (
  request: IncomingMessage,
) => { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string } | 'cut' | undefined;

/** A registry on a loopback port that hands requests on to the real one, except where `fault` says otherwise. */
export async function startRegistry(fault: Fault, behind = '127.0.0.1:5000') {
  const seen: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const server: Server = createServer((incoming, outgoing) => {
    seen.push(`${incoming.method} ${incoming.url}`);
    headers.push(incoming.headers);
    const answer = fault(incoming);
    if (answer === 'cut') incoming.once('data', () => incoming.socket.destroy());
    else if (answer) refuse(incoming, outgoing, answer);
    else handOn(incoming, outgoing, behind);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const host = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  const stop = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { host, seen, headers, stop };
}

function refuse(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string },
): void {
  incoming.resume();
  outgoing.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  outgoing.end(answer.body ?? '');
}

function handOn(incoming: IncomingMessage, outgoing: ServerResponse, behind: string): void {
  // The host stays the stand-in's own: the registry makes its addresses of it.
  const options = {
    host: '127.0.0.1',
    port: Number(behind.split(':')[1]),
    method: incoming.method,
    path: incoming.url,
    headers: incoming.headers,
  };
  const onward = request(options, (reply) => {
    outgoing.writeHead(reply.statusCode ?? 500, reply.headers);
    reply.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}
