import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseRepository, parseTag } from '../../../src/core/image-name.js';
import { Secret } from '../../../src/core/secret.js';
import { buildJob, createScratch, recordingContext, type Scratch } from './fixture.js';
import { describeTree, docker, leftovers, orphan } from './observe.js';

let scratch: Scratch;
beforeEach(async () => {
  scratch = await createScratch();
});
afterEach(() => scratch.clean());

const files = {
  'main.txt': 'main\n',
  'bin/run.sh': '#!/bin/sh\necho run\n',
  "odd 'name' $(x).txt": 'odd\n',
  '-dash': 'dash\n',
  'deep/er/still.txt': 'deep\n',
};
const outputs = [
  { from: 'dist', to: 'app', type: 'directory' },
  { from: 'dist/main.txt', to: 'main', type: 'file' },
  { from: 'nothing', to: 'extra', type: 'directory', optional: true },
] as const;
const copyAll = {
  title: 'copy',
  script: ['mkdir dist', 'cp -a main.txt bin deep ./-dash odd* dist/', 'ln -s bin/run.sh dist/link'],
};

test.each(['mount', 'stream'] as const)(
  '%s: exactly the listed files are built, and the outputs are the same',
  async (transfer) => {
    const job = await buildJob(scratch, files, { steps: [copyAll], outputs, transfer });
    await scratch.sources({ 'ignored.txt': 'no', 'node_modules/x': 'no' });
    const listing = { title: 'list', argv: ['find', '.', '-type', 'f'] };
    const { context, lines, steps } = recordingContext();
    const engine = scratch.engine();
    const artifacts = await engine.build({ ...job, builder: { ...job.builder, steps: [listing, copyAll] } }, context);
    expect(lines.sort()).toEqual(
      Object.keys(files)
        .map((file) => `./${file}`)
        .sort(),
    );
    expect(steps).toEqual(['list', 'copy']);
    expect(await describeTree(artifacts.directory)).toEqual([
      'app/ 755',
      'app/-dash 644 dash\n',
      'app/bin/ 755',
      'app/bin/run.sh 755 #!/bin/sh\necho run\n',
      'app/deep/ 755',
      'app/deep/er/ 755',
      'app/deep/er/still.txt 644 deep\n',
      'app/link -> bin/run.sh',
      'app/main.txt 644 main\n',
      "app/odd 'name' $(x).txt 644 odd\n",
      'extra/ 755',
      'main 644 main\n',
    ]);
    expect(await leftovers(scratch)).toEqual([]);
  },
);

test.each(['mount', 'stream'] as const)(
  '%s: the sources are read-only and the tree stays as it was',
  async (transfer) => {
    const steps = [
      { title: 'write', script: ['! touch /slipway/src/new 2>/dev/null', 'echo changed > main.txt', 'rm -rf bin'] },
    ];
    const job = await buildJob(scratch, files, {
      steps,
      outputs: [{ from: 'main.txt', to: 'main', type: 'file' }],
      transfer,
    });
    const before = await describeTree(job.sources.root);
    const artifacts = await scratch.engine().build(job, recordingContext().context);
    expect(await describeTree(artifacts.directory)).toEqual(['main 644 changed\n']);
    expect(await describeTree(job.sources.root)).toEqual(before);
  },
);

test('an engine that shows another disk is found out, and the sources are streamed to it', async () => {
  // A path that exists on the engine's machine and here, with other content: what Docker-in-Docker looks like.
  const job = await buildJob(scratch, files, { steps: [copyAll], outputs });
  const elsewhere = join(scratch.root, 'elsewhere');
  await mkdir(elsewhere);
  const proxy = await startProxy((body) => body.replaceAll(job.sources.root, elsewhere));
  try {
    const engine = scratch.engine({ environment: { DOCKER_HOST: `tcp://127.0.0.1:${proxy.port}` } });
    expect(await engine.describe()).toMatch(/^Docker \S+ \(tcp:\/\/127\.0\.0\.1:\d+\)$/);
    const artifacts = await engine.build(job, recordingContext().context);
    expect((await describeTree(artifacts.directory)).length).toBe(12);
    await expect(
      engine.build({ ...job, builder: { ...job.builder, transfer: 'mount' } }, recordingContext().context),
    ).rejects.toMatchObject({ code: 'build.mount' });
  } finally {
    await proxy.stop();
  }
  expect(await leftovers(scratch)).toEqual([]);
});

test('a command that fails is named with its exit code and last lines, and nothing is left', async () => {
  const steps = [
    { title: 'fine', argv: ['true'] },
    {
      title: 'go test ./...',
      argv: ['sh', '-c', 'i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo line $i; done; printf bad >&2; exit 7'],
    },
  ];
  const job = await buildJob(scratch, files, { steps });
  await expect(scratch.engine().build(job, recordingContext().context)).rejects.toMatchObject({
    code: 'build.command-failed',
    message: 'go test ./... ended with exit code 7',
    lastLines: [...Array.from({ length: 19 }, (_, index) => `line ${index + 12}`), 'bad'],
  });
  expect(await leftovers(scratch)).toEqual([]);
  expect(await readdir(job.outputDirectory)).toEqual([]);
});

test('a missing output is named, with what is there instead', async () => {
  const steps = [{ title: 'build', script: ['mkdir -p target', 'touch target/app-1.0.jar target/other'] }];
  const job = await buildJob(scratch, files, { steps, outputs: [{ from: 'target/app.jar', to: 'a', type: 'file' }] });
  await expect(scratch.engine().build(job, recordingContext().context)).rejects.toMatchObject({
    code: 'build.output-missing',
    message: 'The build did not leave target/app.jar; target/ has app-1.0.jar, other',
    candidates: ['app-1.0.jar', 'other'],
  });
  expect(await readdir(join(scratch.root, 'runs'))).toEqual(['out']);
});

test('a full disk is told from a failing command', async () => {
  const job = await buildJob(scratch, files, {
    steps: [{ title: 'fill', argv: ['dd', 'if=/dev/zero', 'of=/dev/shm/x', 'bs=1M'] }],
  });
  await expect(scratch.engine().build(job, recordingContext().context)).rejects.toMatchObject({
    code: 'build.disk-full',
    message: "The builder's disk is full (/dev/shm)",
  });
});

test('a build that takes too long is ended', async () => {
  const job = await buildJob(scratch, files, {
    steps: [{ title: 'wait', script: ['echo waiting', 'sleep 60'] }],
    timeoutSeconds: 1,
  });
  await expect(scratch.engine().build(job, recordingContext().context)).rejects.toMatchObject({
    code: 'build.timeout',
    lastLines: ['waiting'],
  });
  expect(await leftovers(scratch)).toEqual([]);
});

test.each(['mount', 'stream'] as const)(
  '%s: an interrupt ends the build with its reason and leaves nothing',
  async (transfer) => {
    const interrupt = new AbortController();
    const { context, lines } = recordingContext(interrupt.signal);
    const steps = [{ title: 'wait', script: ['mkdir dist', 'echo waiting', 'sleep 60'] }];
    const clientSettings = async () => [
      { name: 'npmrc', content: Buffer.from('x'), path: '/root/.npmrc', env: {}, secrets: [] },
    ];
    const job = await buildJob(scratch, files, { steps, outputs, transfer, mounts: [{ name: 'npmrc' }] });
    const building = scratch.engine({ clientSettings }).build(job, context);
    building.catch(() => {});
    await expect.poll(() => lines, { timeout: 20_000 }).toEqual(['waiting']);
    interrupt.abort(new Error('interrupted'));
    await expect(building).rejects.toThrow('interrupted');
    expect(await leftovers(scratch)).toEqual([]);
    expect(await readdir(job.outputDirectory)).toEqual([]);
  },
);

test('an engine that goes away during the build is said to have gone, and what it kept is removed when its owner is dead', async () => {
  const proxy = await startProxy((body) => body);
  const environment = { DOCKER_HOST: `tcp://127.0.0.1:${proxy.port}` };
  const { context, lines } = recordingContext();
  const job = await buildJob(scratch, files, { steps: [{ title: 'wait', script: ['echo waiting', 'sleep 60'] }] });
  const building = scratch.engine({ environment }).build(job, context);
  building.catch(() => {});
  await expect.poll(() => lines, { timeout: 20_000 }).toEqual(['waiting']);
  await proxy.stop();
  await expect(building).rejects.toMatchObject({ code: 'build.engine-lost' });
  expect((await leftovers(scratch)).length).toBe(1);
  await scratch.engine().describe();
  expect((await leftovers(scratch)).length).toBe(1);
  await orphan(scratch);
  await scratch.engine().describe();
  expect(await leftovers(scratch)).toHaveLength(1);
  docker('rm', '-f', ...(await leftovers(scratch)));
});

test('secrets reach the build as read-only files, and are masked in its output', async () => {
  for (const transfer of ['mount', 'stream'] as const) {
    const clientSettings = async () => [
      {
        name: 'npmrc',
        content: Buffer.from('token=s3cr3t-token\n'),
        path: '/root/.npmrc',
        env: { WHERE: '{file}' },
        secrets: [new Secret('s3cr3t-token')],
      },
    ];
    const steps = [
      {
        title: 'read',
        script: [
          'cat ~/.npmrc "$WHERE"',
          'printf s3cr3t-token | base64',
          '! echo x > /slipway/secrets/npmrc',
          'env | grep -c s3cr3t || true',
        ],
      },
    ];
    const job = await buildJob(scratch, files, { steps, mounts: [{ name: 'npmrc' }], transfer });
    const { context, lines } = recordingContext();
    await scratch.engine({ clientSettings }).build(job, context);
    expect(lines.filter((line) => !line.includes('Read-only file system'))).toEqual([
      'token=***',
      'token=***',
      '***',
      '0',
    ]);
  }
  expect(await leftovers(scratch)).toEqual([]);
});

test('neither the engine’s record of a build nor the packed image has a secret, or a file of it', async () => {
  const value = 's3cr3t-token';
  const secrets = [new Secret(value)];
  const clientSettings = async () => [
    { name: 'npmrc', content: Buffer.from(value), path: '/root/.npmrc', env: {}, secrets },
  ];
  for (const transfer of ['mount', 'stream'] as const) {
    const steps = [{ title: 'wait', script: ['cat ~/.npmrc', 'mkdir dist', 'sleep 2'] }];
    const outputs = [{ from: 'dist', to: 'app', type: 'directory' }] as const;
    const job = await buildJob(scratch, files, { steps, outputs, mounts: [{ name: 'npmrc' }], transfer });
    const engine = scratch.engine({ clientSettings });
    const { context, lines } = recordingContext();
    const building = engine.build(job, context);
    await expect.poll(() => lines, { timeout: 20_000 }).toEqual(['***']);
    const home = await readFile(join(scratch.root, 'state', 'home-id'), 'utf8');
    const [running = ''] = docker('ps', '-q', '--filter', `label=io.slipway.home=${home}`);
    expect(docker('inspect', running).join('\n')).not.toContain(value);
    expect(docker('diff', running).join('\n')).not.toContain('/slipway/secrets/');
    const artifacts = await building;
    const tag = parseTag('1');
    const dockerfile = 'FROM scratch\nCOPY app /app\n';
    const repository = parseRepository('slipway-engine-test/secret');
    const image = { repository, platform: 'linux/amd64', dockerfile, labels: {} };
    await engine.pack({ artifacts, tags: [tag], image }, context);
    const saved = execFileSync('docker', ['save', `${repository}:1`], { maxBuffer: 1e8 });
    docker('rmi', '-f', `${repository}:1`);
    expect(saved.includes(value)).toBe(false);
    await rm(job.outputDirectory, { recursive: true });
  }
});

test('a cache is kept between builds, is shared by builds at the same time, is listed and cleared', async () => {
  const project = `cache-test-${process.pid}`;
  const caches = [{ name: 'store', path: '/root/store' }];
  const engine = scratch.engine();
  const build = async (name: string, script: string[]) => {
    const job = await buildJob(
      scratch,
      files,
      { steps: [{ title: name, script }], caches },
      { project, outputDirectory: await scratch.output(name) },
    );
    const { context, lines } = recordingContext();
    await engine.build(job, context);
    return lines;
  };
  const meet = (mine: string, other: string) => [
    `touch /root/store/${mine}`,
    `while [ ! -e /root/store/${other} ]; do sleep 0.1; done`,
  ];
  await Promise.all([build('a', meet('a', 'b')), build('b', meet('b', 'a'))]);
  expect(await build('c', ['ls /root/store'])).toEqual(['a', 'b']);
  const expected = {
    volume: `slipway-cache-${project}-script-store`,
    project,
    kind: 'script',
    cache: 'store',
    size: 0,
  };
  expect(await engine.listCaches(project)).toEqual([expected]);
  expect(await engine.clearCaches(project)).toEqual([expected]);
  expect(await engine.listCaches(project)).toEqual([]);
});

test('links that lead out of the outputs are refused', async () => {
  for (const transfer of ['mount', 'stream'] as const) {
    const steps = [{ title: 'link', script: ['mkdir dist', 'ln -s /etc/passwd dist/link'] }];
    const job = await buildJob(scratch, files, {
      steps,
      outputs: [{ from: 'dist', to: 'app', type: 'directory' }],
      transfer,
    });
    await expect(scratch.engine().build(job, recordingContext().context)).rejects.toMatchObject({
      code: 'build.output-missing',
    });
    expect(await readdir(job.outputDirectory)).toEqual([]);
  }
});

test('a builder of the project’s own is built once for the same content', async () => {
  const own = { ...files, 'ci/Dockerfile': 'FROM node:22-slim\nCOPY main.txt /marker\nRUN echo made >> /marker\n' };
  const steps = [{ title: 'read', argv: ['cat', '/marker'] }];
  const job = await buildJob(
    scratch,
    { ...own, 'salt.txt': String(Date.now()) },
    { from: { dockerfile: 'ci/Dockerfile' }, steps },
  );
  const [first, second] = [recordingContext(), recordingContext()];
  await scratch.engine().build(job, first.context);
  await scratch.engine().build(job, second.context);
  expect(first.lines.length).toBeGreaterThan(2);
  expect(second.lines).toEqual(['main', 'made']);
  const bad = await buildJob(
    scratch,
    { Dockerfile: 'FROM node:22-slim\nRUN echo no && exit 4\n' },
    { from: { dockerfile: 'Dockerfile' } },
  );
  await expect(scratch.engine().build(bad, recordingContext().context)).rejects.toMatchObject({
    code: 'build.command-failed',
    where: 'Dockerfile',
    lastLines: expect.arrayContaining(['no']),
  });
  docker('rmi', ...docker('images', '-q', '--filter', 'reference=slipway-builder'));
});

test('a source file that is gone meanwhile is named', async () => {
  const job = await buildJob(scratch, files, {});
  const sources = { ...job.sources, files: [...job.sources.files, 'gone.txt'] };
  for (const transfer of ['mount', 'stream'] as const) {
    const building = scratch
      .engine()
      .build({ ...job, sources, builder: { ...job.builder, transfer } }, recordingContext().context);
    await expect(building).rejects.toMatchObject({
      code: 'build.command-failed',
      where: join(job.sources.root, 'gone.txt'),
    });
  }
});

test('a builder that is nowhere is said to be so', async () => {
  const job = await buildJob(scratch, files, { from: { image: '127.0.0.1:5000/engine-test/nowhere:1' } });
  await expect(scratch.engine().build(job, recordingContext().context)).rejects.toMatchObject({
    code: 'build.base-image',
    where: '127.0.0.1:5000/engine-test/nowhere:1',
  });
});

test('without an engine that is said', async () => {
  const engine = scratch.engine({ environment: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } });
  await expect(engine.describe()).rejects.toMatchObject({
    code: 'build.engine-unreachable',
    where: 'unix:///nowhere/docker.sock',
  });
});

test('source links are kept as they are', async () => {
  const job = await buildJob(scratch, { 'a.txt': 'a' }, {});
  await symlink('a.txt', join(job.sources.root, 'link'));
  const sources = { ...job.sources, files: ['a.txt', 'link'] };
  for (const transfer of ['mount', 'stream'] as const) {
    const { context, lines } = recordingContext();
    const steps = [{ title: 'read', argv: ['readlink', 'link'] }];
    await scratch.engine().build({ ...job, sources, builder: { ...job.builder, steps, transfer } }, context);
    expect(lines).toEqual(['a.txt']);
  }
});

/** A proxy before the engine's socket on a loopback port, which may change the text of requests. */
async function startProxy(change: (text: string) => string): Promise<{ port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const engine = connect('/var/run/docker.sock');
    for (const socket of [client, engine]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      const changed = text.startsWith('POST /containers/create') ? withLength(change(text)) : text;
      engine.write(Buffer.from(changed, 'latin1'));
    });
    client.on('end', () => engine.end());
    engine.pipe(client);
    client.on('close', () => engine.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port, stop };
}

function withLength(request: string): string {
  const [head = '', body = ''] = request.split('\r\n\r\n', 2);
  return `${head.replace(/content-length: \d+/i, `Content-Length: ${Buffer.byteLength(body, 'latin1')}`)}\r\n\r\n${body}`;
}
