import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeWorkspace } from '../support/cli.js';
import { killAtEveryStep } from '../support/kill-at-every-step.js';
import { type KubernetesStandIn, startKubernetesStandIn } from '../support/kubernetes-stand-in.js';

/** kill -9 before and after every effect of a rollout, and of the way back, against a stand-in for an API server. */
const workspace = makeWorkspace();
const program = join('node_modules', '.cache', `kubernetes-rollout-${process.pid}.mjs`);
const first = `team/web:1.0.0@sha256:${'1'.repeat(64)}`;
const second = `team/web:1.1.0@sha256:${'2'.repeat(64)}`;
let cluster: KubernetesStandIn;

beforeAll(() =>
  build({
    entryPoints: ['test/support/kubernetes-rollout-child.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  }),
);
afterAll(() => workspace.remove());
beforeEach(async () => {
  cluster = await startKubernetesStandIn();
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [{ name: 'c', cluster: { server: cluster.url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 'x' } }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
  };
  writeFileSync(join(workspace.path, 'config'), JSON.stringify(config));
});
afterEach(() => cluster.stop());

function workload(image: string): Record<string, unknown> {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } },
    },
  };
}

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { ports: [{ port: 80 }] },
};

function lane(undo: boolean) {
  const file = join(workspace.path, `${undo}.json`);
  const template = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [service, workload(second)] });
  writeFileSync(file, JSON.stringify({ template, image: second, undo, before: workload(first) }));
  const generationAfter = 2;
  return {
    command: [program, file],
    env: { KUBECONFIG: join(workspace.path, 'config') },
    reset: () => cluster.store(workload(undo ? second : first)),
    expectSame: () => {
      const stored = cluster.stored('shop/Deployment/web');
      const wanted = workload(undo ? first : second);
      expect(stored?.spec).toEqual(wanted.spec);
      // One change, however often it was asked for.
      expect(stored?.metadata).toMatchObject({ generation: generationAfter });
    },
  };
}

describe('a rollout on a stand-in for Kubernetes that is killed at every step', () => {
  it('is an update in the end, applied once', async () => {
    const killed = await killAtEveryStep(lane(false));
    expect(killed.map(({ moment, effect }) => `${moment} ${effect.replace(/\?.*/, '')}`)).toEqual([
      'before http PATCH /api/v1/namespaces/shop/services/web',
      'after http PATCH /api/v1/namespaces/shop/services/web',
      'before http PATCH /apis/apps/v1/namespaces/shop/deployments/web',
      'after http PATCH /apis/apps/v1/namespaces/shop/deployments/web',
    ]);
  });

  it('goes back in the end, when it is killed on its way there', async () => {
    expect((await killAtEveryStep(lane(true))).map(({ moment }) => moment)).toEqual(['before', 'after']);
  });
});
