import { mkdirSync } from 'node:fs';
import { judgeOrder } from '../../src/core/deployment-order.js';
import { Failure } from '../../src/core/failure.js';
import { silentProgress } from '../../src/core/progress.js';
import { openTemplateStore } from '../../src/io/deploy-repository.js';

/**
 * The git half of one pipeline, as a process of its own that can be killed: `URL WORK_DIRECTORY PATH SERVICE VERSION`. It deploys the
 * service, notes how that ended, and prints what it did. SIGTERM ends it as it ends the command line.
 */
const [url = '', workDirectory = '', path = '', service = '', version = ''] = process.argv.slice(2);
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort(new Failure('run.terminated', { message: 'Terminated' })));
mkdirSync(workDirectory, { recursive: true });
const options = { projectRoot: workDirectory, workDirectory, progress: silentProgress, signal: stopping.signal };
const image = `${service}:${version}`;
const deployment = { environment: 'test', service, version, image };
const pattern = new RegExp(`image: (${service}:[0-9.]+)`);

try {
  const store = await openTemplateStore({ in: 'repository', url }, options);
  const [file] = await store.read(path);
  const landed = await store.apply(
    {
      path,
      expectedImage: pattern.exec(file?.text ?? '')?.[1] ?? '',
      rewrite: (text) => text.replace(pattern, `image: ${image}`),
      currentImage: (text) => pattern.exec(text)?.[1],
      guard: (found) => judgeOrder(deployment, found),
      deployment,
    },
    silentProgress,
  );
  const [newest] = await store.history({ environment: 'test', service, limit: 1 });
  if (newest !== undefined) await store.note(newest.commit, { outcome: 'succeeded', evidence: `${service} runs` });
  await store.close();
  console.log(JSON.stringify({ commit: landed.commit }));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message, where: error.where }));
  process.exitCode = error.exitCode;
}
