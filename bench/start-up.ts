import { join } from 'node:path';
import { makeFixtureProject } from '../test/support/fixture-project.js';
import { type Figure, measureInTurn, timeProcess } from './measure.js';

/** Whole processes: `slipway --version` and `slipway preview` of a project in git, against a Node that does nothing. */
export async function benchStartUp(cli: string, workspace: string, rounds: number): Promise<readonly Figure[]> {
  const project = makeFixtureProject('go-accountservice', join(workspace, 'start-up'), { tag: 'v1.0.0' });
  const [node, version, preview] = await measureInTurn(
    [
      { name: 'node -e 0', run: () => timeProcess(process.execPath, ['-e', '0']) },
      { name: 'slipway --version', run: () => timeProcess(process.execPath, [cli, '--version']) },
      { name: 'slipway preview', run: () => timeProcess(process.execPath, [cli, 'preview', project]) },
    ],
    rounds,
  );
  if (!node || !version || !preview) throw new Error('nothing was measured');
  return [
    figure('`slipway --version` / `node -e 0`', version.median, node.median, 2),
    figure('`slipway preview` (Go service in git, tagged) / `node -e 0`', preview.median, node.median, 4),
  ];
}

function figure(what: string, time: number, base: number, aim: number): Figure {
  const ratio = time / base;
  return {
    what,
    measured: `${time.toFixed(0)} ms / ${base.toFixed(0)} ms`,
    ratio: ratio.toFixed(2),
    aim: `≤ ${aim}`,
    met: ratio <= aim,
  };
}
