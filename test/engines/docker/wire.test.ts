import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Secret } from '../../../src/core/secret.js';
import { readBuildStatus } from '../../../src/engines/docker/buildkit-trace.js';
import { builderEnvironment } from '../../../src/engines/docker/client-files.js';
import { statusInWords } from '../../../src/engines/docker/engine-push.js';
import { baseImages } from '../../../src/engines/docker/from-lines.js';
import { readJsonLines } from '../../../src/engines/docker/json-lines.js';
import { maskOf } from '../../../src/engines/docker/mask.js';
import { readContainerOutput } from '../../../src/engines/docker/output-lines.js';
import { parseChallenges } from '../../../src/registry/auth.js';

async function* chunksOf(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const inside = cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b);
  const ends = [...inside, bytes.length];
  for (const [index, end] of ends.entries()) yield bytes.subarray(ends[index - 1] ?? 0, end);
}

function frame(stream: number, text: string): Buffer {
  const data = Buffer.from(text);
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

const cuts = fc.array(fc.nat(400));

test('a container’s output is the same lines wherever the connection cuts it', async () => {
  const bytes = Buffer.concat([
    frame(1, 'grün '),
    frame(2, 'err\n'),
    frame(1, 'und\r\n10%\r100%\n'),
    frame(1, 'last €'),
  ]);
  await fc.assert(
    fc.asyncProperty(cuts, async (at) => {
      const lines: string[] = [];
      await readContainerOutput(chunksOf(bytes, at), (line, from) => lines.push(`${from} ${line}`));
      expect(lines).toEqual(['stderr err', 'stdout grün und', 'stdout 100%', 'stdout last €']);
    }),
  );
});

test('progress objects are the same wherever the connection cuts them, and what is not JSON is passed over', async () => {
  const bytes = Buffer.from('{"a":"ü"}\r\n\nnonsense\n[1]\n{"b":{"c":1}}');
  await fc.assert(
    fc.asyncProperty(cuts, async (at) => {
      const found: object[] = [];
      for await (const value of readJsonLines(chunksOf(bytes, at))) found.push(value);
      expect(found).toEqual([{ a: 'ü' }, [1], { b: { c: 1 } }]);
    }),
  );
});

function field(number: number, content: Buffer | string | number): Buffer {
  if (typeof content === 'number') return Buffer.from([number * 8, content]);
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
}

test('BuildKit’s progress messages are read, and bytes that are none are refused, never looped over', () => {
  const vertex = Buffer.concat([field(1, 'sha256:a'), field(3, '[1/2] COPY a /a'), field(4, 1), field(5, 'x')]);
  const log = Buffer.concat([field(1, 'sha256:a'), field(3, 1), field(4, Buffer.from([0xc3]))]);
  expect(readBuildStatus(Buffer.concat([field(1, vertex), field(2, 'ignored'), field(3, log)]))).toEqual({
    vertices: [
      { digest: 'sha256:a', name: '[1/2] COPY a /a', cached: true, started: true, completed: false, error: '' },
    ],
    logs: [{ vertex: 'sha256:a', message: Buffer.from([0xc3]) }],
  });
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      try {
        readBuildStatus(Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});

test('all challenges of a header are found', () => {
  expect(parseChallenges('Bearer realm="https://a/token?x=1,2",service="r \\"q\\"", Basic realm=b, Negotiate')).toEqual(
    [
      { scheme: 'bearer', parameters: { realm: 'https://a/token?x=1,2', service: 'r "q"' } },
      { scheme: 'basic', parameters: { realm: 'b' } },
      { scheme: 'negotiate', parameters: {} },
    ],
  );
  expect(parseChallenges('')).toEqual([]);
});

test('the status behind the engine’s words', () => {
  const words = [
    'unauthorized: authentication required',
    'denied: requested access to the resource is denied',
    'toomanyrequests: slow down',
    'received unexpected HTTP status: 500 Internal Server Error',
    'error parsing HTTP 403 response body: invalid character',
    'Get "http://127.0.0.1:1/v2/": dial tcp: connection refused',
  ];
  expect(words.map(statusInWords)).toEqual([401, 403, 429, 500, 403, undefined]);
});

test('base images are those that are no stage and no variable', () => {
  const dockerfile = [
    'ARG V=1',
    'FROM --platform=linux/amd64 golang:1.26 AS Build',
    'FROM build AS next',
    'from  scratch',
    'FROM node:$V',
    'FROM a.example.com/b@sha256:0 ',
    'RUN echo FROM x',
  ].join('\r\n');
  expect(baseImages(dockerfile)).toEqual(['golang:1.26', 'a.example.com/b@sha256:0']);
});

test('secrets are hidden in all their forms, the longest first, and short ones are left', () => {
  const mask = maskOf([new Secret('pass'), new Secret('pass/word'), new Secret('abc')]);
  const base64 = Buffer.from('pass/word').toString('base64');
  expect(mask(`a pass b pass/word c pass%2Fword d ${base64} e abc`)).toBe('a *** b *** c *** d *** e abc');
});

test('the builder’s environment keeps the plan’s word, and adds to what a JVM is told', () => {
  const store = { name: 'ca.jks', content: Buffer.from(''), env: { JAVA_TOOL_OPTIONS: '-Dstore={file}' }, secrets: [] };
  const ca = { name: 'ca.pem', content: Buffer.from(''), env: { SSL_CERT_FILE: '{file}' }, secrets: [] };
  expect(builderEnvironment({ SSL_CERT_FILE: '/mine' }, ['JAVA_TOOL_OPTIONS=-Xmx1g'], [store, ca])).toEqual([
    'HOME=/root',
    'JAVA_TOOL_OPTIONS=-Xmx1g -Dstore=/slipway/secrets/ca.jks',
    'SSL_CERT_FILE=/mine',
  ]);
  const theirs = '-Djavax.net.ssl.trustStore=/theirs';
  expect(builderEnvironment({ JAVA_TOOL_OPTIONS: theirs }, [], [store])).toEqual([
    'HOME=/root',
    `JAVA_TOOL_OPTIONS=${theirs}`,
  ]);
});
