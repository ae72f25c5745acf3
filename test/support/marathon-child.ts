import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentProgress } from '../../src/core/progress.js';
import type { AppliedRollout, RolloutJob } from '../../src/core/target.js';
import type { Clock } from '../../src/targets/clock.js';
import { createMarathonOrchestrator } from '../../src/targets/marathon/rollout.js';

/**
 * A rollout on a Marathon stand-in as a process of its own that can be killed: `apply|undo URL DIRECTORY`. In the directory:
 * `job.json`, what `apply` left (`applied.json`), and a line for each of the first two pauses, so that a death can fall there.
 */
const [command = '', url = '', directory = ''] = process.argv.slice(2);

let now = 0;
let pauses = 0;
const clock: Clock = {
  now: () => now,
  async sleep(milliseconds, signal) {
    // Later pauses are like the second: nothing lies between them but reading.
    if (milliseconds > 200 && ++pauses <= 2) appendFileSync(join(directory, 'pauses'), `${milliseconds}\n`);
    await (await fetch(new URL(`/stand-in/advance?ms=${milliseconds}`, url), { signal })).text();
    now += milliseconds;
  },
};

const job: RolloutJob = JSON.parse(readFileSync(join(directory, 'job.json'), 'utf8'));
const orchestrator = createMarathonOrchestrator({ clock });
const context = { progress: silentProgress, signal: new AbortController().signal };
if (command === 'apply') {
  const applied = await orchestrator.apply(job, context);
  writeFileSync(join(directory, 'applied.json'), JSON.stringify(applied));
  console.log(JSON.stringify(await orchestrator.watch(job, applied, context)));
} else {
  const applied: AppliedRollout = JSON.parse(readFileSync(join(directory, 'applied.json'), 'utf8'));
  console.log(JSON.stringify(await orchestrator.undo?.(job, applied, context)));
}
