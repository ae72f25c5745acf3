import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Figure, measureInTurn, timeProcess } from './measure.js';

/** `slipway detect` on a Node service with 50 and with 50,000 generated source files in nested directories. */
export async function benchDetection(cli: string, workspace: string, rounds: number): Promise<readonly Figure[]> {
  const small = makeTree(join(workspace, 'small'), 50);
  const large = makeTree(join(workspace, 'large'), 50_000);
  const [few, many] = await measureInTurn(
    [
      { name: '50', run: () => timeProcess(process.execPath, [cli, 'detect', small, '--json']) },
      { name: '50,000', run: () => timeProcess(process.execPath, [cli, 'detect', large, '--json']) },
    ],
    rounds,
  );
  if (!few || !many) throw new Error('nothing was measured');
  const ratio = many.median / few.median;
  return [
    {
      what: '`slipway detect` on 50,000 files / on 50 files (whole processes)',
      measured: `${many.median.toFixed(0)} ms / ${few.median.toFixed(0)} ms`,
      ratio: ratio.toFixed(2),
      aim: '≤ 1.5',
      met: ratio <= 1.5,
    },
  ];
}

/** Directories of 100 files, ten to a level, beside a service that Slipway knows. */
function makeTree(directory: string, files: number): string {
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({
      name: 'generated',
      engines: { node: '22' },
      scripts: { start: 'node src/server.js' },
      dependencies: { express: '5.1.0' },
    }),
  );
  mkdirSync(join(directory, 'src'));
  writeFileSync(join(directory, 'src/server.js'), "require('express')().listen(process.env.PORT || 3000);\n");
  for (let index = 0; index < files; index += 1) {
    const group = Math.floor(index / 100);
    const folder = join(directory, 'src', `part${group % 10}`, `group${Math.floor(group / 10)}`);
    if (index % 100 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `module${index % 100}.js`), `export const value${index} = ${index};\n`);
  }
  return directory;
}
