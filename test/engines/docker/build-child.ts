/** Run as a program of its own by the tests: one build in the given directory, as whoever started it. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createDockerEngine } from '../../../src/engines/docker/index.js';

const [root = '', transfer = 'auto', script = 'true', host = ''] = process.argv.slice(2);
const outputDirectory = join(root, 'runs', 'out');
mkdirSync(outputDirectory, { recursive: true });
const engine = createDockerEngine({
  environment: { PATH: process.env.PATH, ...(host && { DOCKER_HOST: host }) },
  dockerConfigDirectory: join(root, 'docker-config'),
  stateDirectory: join(root, 'state'),
  clientSettings: async () => [
    { name: 'npmrc', content: Buffer.from('x'), path: '/root/.npmrc', env: {}, secrets: [] },
  ],
  runId: `child-${process.pid}`,
});
const say = (line: string) => void process.stdout.write(`${line}\n`);
await engine.build(
  {
    project: 'engine-test',
    kind: 'script',
    builder: {
      from: { image: 'node:22-slim' },
      steps: [{ title: 'step', script: [script] }],
      env: {},
      caches: [],
      outputs: [{ from: 'dist', to: 'app', type: 'directory' }],
      mounts: [{ name: 'npmrc' }],
      timeoutSeconds: 60,
      transfer: transfer === 'mount' ? 'mount' : transfer === 'stream' ? 'stream' : 'auto',
    },
    sources: { root: join(root, 'src'), files: readdirSync(join(root, 'src')).sort() },
    outputDirectory,
  },
  {
    signal: new AbortController().signal,
    progress: { step: say, output: say, status() {}, info: say, warn: say },
  },
);
say('built');
