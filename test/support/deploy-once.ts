import { mkdirSync } from 'node:fs';
import { silentProgress } from '../../src/core/progress.js';
import { openTemplateStore } from '../../src/io/deploy-repository.js';

/** One deployment's git half, as a process of its own that can be killed: `URL WORK_DIRECTORY PATH`. */
const [url = '', workDirectory = '', path = ''] = process.argv.slice(2);
mkdirSync(workDirectory, { recursive: true });
const store = await openTemplateStore(
  { in: 'repository', url },
  { projectRoot: workDirectory, workDirectory, progress: silentProgress },
);
await store.apply(
  {
    path,
    expectedImage: 'app:1',
    rewrite: (text) => text.replace('app:1', 'app:2'),
    currentImage: (text) => /app:\d/.exec(text)?.[0],
    deployment: { environment: 'test', service: 'app', version: '2', image: 'app:2' },
  },
  silentProgress,
);
await store.close();
