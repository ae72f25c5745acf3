import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Figure, measureInTurn, timeProcess } from './measure.js';

const aim = 1000;

/** `slipway check` of an environment of 1,000 templates, the whole process, registries left out; beside a process that does nothing. */
export async function benchChecking(cli: string, workspace: string, rounds: number): Promise<readonly Figure[]> {
  const root = join(workspace, 'checked');
  const directory = join(root, 'deploy', 'prod');
  mkdirSync(directory, { recursive: true });
  for (let index = 0; index < 1000; index += 1) writeFileSync(join(directory, `s${index}.yml`), stack(index));
  try {
    const check = [cli, 'check', '--offline', '--directory', root];
    const [checked, nothing] = await measureInTurn(
      [
        { name: 'check', run: () => timeProcess(process.execPath, check) },
        { name: 'node', run: () => timeProcess(process.execPath, ['-e', '0']) },
      ],
      rounds,
    );
    if (!checked || !nothing) throw new Error('nothing was measured');
    return [
      {
        what: '`slipway check --offline` of 1,000 Compose templates / `node -e 0` (whole processes)',
        measured: `${checked.median.toFixed(0)} ms / ${nothing.median.toFixed(0)} ms`,
        ratio: (checked.median / nothing.median).toFixed(2),
        aim: `≤ ${aim} ms`,
        met: checked.median <= aim,
      },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function stack(index: number): string {
  return `services:
  s${index}:
    image: registry.example.com/team/s${index}:1.2.${index}@sha256:${'0'.repeat(64)}
    environment: { LOG_LEVEL: info }
    networks: [front]
    volumes: ["data:/data"]
    ports: [{ target: 8080, published: ${10_000 + index}, mode: host }]
    deploy:
      replicas: 2
      resources: { limits: { memory: 256M }, reservations: { memory: 128M } }
networks: { front: { external: true } }
volumes: { data: {} }
`;
}
