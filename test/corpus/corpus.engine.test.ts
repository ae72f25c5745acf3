import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeWorkspace } from '../support/cli.js';
import { docker } from '../support/docker.js';
import { library, listening, outcomesOf, runCorpus, service, writeCorpus, writeFaultyCli } from './sample-corpus.js';

const workspace = makeWorkspace();
afterAll(() => workspace.remove());

beforeAll(() => {
  execFileSync(resolve('test/engine/images.sh'), ['--quiet', 'node:22-slim'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}, 600_000);

const building = { scripts: { build: 'sh build.sh', start: 'node server.js' } };

it('builds, starts and asks each project of a folder, tells the outcomes apart, and leaves nothing behind', async () => {
  const [corpus, report, cli] = ['corpus', 'report.json', 'cli.mjs'].map((name) => join(workspace.path, name));
  if (!corpus || !report || !cli) throw new Error('three paths');
  writeFaultyCli(cli);
  writeCorpus(corpus, {
    answers: service(listening),
    'answers-as-expected': service(
      listening,
      {},
      { 'expected.json': '{"requests": [{"path": "/x", "contains": "ok"}]}' },
    ),
    'answers-otherwise': service(
      listening,
      {},
      { 'expected.json': '{"requests": [{"path": "/", "contains": "hello"}]}' },
    ),
    refusal: library,
    'ends-at-once': service("console.log('no database'); process.exit(3); // listen(3000)\n"),
    'writes-to-its-disk': service(`require('fs').writeFileSync('/var/tmp/state', '1');\n${listening}`),
    'answers-500': service(listening.replace("s.end('ok')", '{ s.statusCode = 500; s.end() }'), {}, {}),
    'does-not-compile': service(listening, building, { 'build.sh': "echo 'a.ts(1,1): error TS2304: x'; exit 2\n" }),
    'no-base-image': service(listening, {}, { 'slipway.yml': 'build:\n  image: 127.0.0.1:5000/slipway-test/none:1\n' }),
    job: { ...library, 'package.json': '{"name": "job", "bin": "./job.js"}', 'job.js': "console.log('done');\n" },
    bug: service(listening),
  });

  const run = runCorpus([corpus, '--jobs', '2', '--cli', cli, '--json', report], join(workspace.path, 'tmp'));
  const { code, stderr } = await run.ended;

  expect(
    Object.fromEntries(Object.entries(outcomesOf(report)).map(([name, [outcome]]) => [name, outcome])),
    stderr,
  ).toEqual({
    answers: 'right',
    'answers-500': 'wrong',
    'answers-as-expected': 'right',
    'answers-otherwise': 'wrong',
    bug: 'crashed',
    'does-not-compile': 'build failed',
    'ends-at-once': 'wrong',
    job: 'right',
    'no-base-image': 'not judged',
    refusal: 'refused',
    'writes-to-its-disk': 'wrong',
  });
  expect(code).toBe(1);
  expect(docker('ps', '--all', '--quiet', '--filter', `label=io.slipway.corpus=slipway-corpus-${run.pid}`)).toBe('');
  expect(docker('images', '--quiet', '--filter', `reference=slipway-corpus-${run.pid}/*`)).toBe('');
}, 300_000);
