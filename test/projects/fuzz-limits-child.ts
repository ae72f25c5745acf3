/**
 * A process that meets every huge file in turn: `fuzz-limits-child.ts DIRECTORY`. Prints what took how long, and the peak of its
 * own memory, as JSON; on stderr what it is at.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { answerTo } from './fuzz-answer.js';
import { hugeMutations } from './fuzz-mutations.js';
import { writeTargets } from './fuzz-seeds.js';

const [workspace = ''] = process.argv.slice(2);
const targets = writeTargets(workspace);
for (const { directory } of targets) await answerTo(directory);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
collect();
const usual = peak();
const costs: {
  readonly what: string;
  readonly code: string;
  readonly milliseconds: number;
  readonly megabytes: number;
}[] = [];
for (const { directory, files } of targets) {
  for (const file of files) {
    const path = join(directory, file);
    const before = readFileSync(path);
    for (const [name, mutate] of Object.entries(hugeMutations)) {
      const what = `${file}, ${name}`;
      process.stderr.write(`${what}\n`);
      writeFileSync(path, mutate(before));
      if (name.startsWith('10 MB')) collect();
      const { code, cost } = await answerTo(directory);
      costs.push({ what, code, milliseconds: Math.round(cost), megabytes: Math.round(peak() - usual) });
    }
    writeFileSync(path, before);
  }
}
process.stdout.write(JSON.stringify(costs));

/** The most memory that this process ever had. */
function peak(): number {
  return process.resourceUsage().maxRSS / 1000;
}
