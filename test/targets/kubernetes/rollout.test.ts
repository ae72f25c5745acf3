import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/core/failure.js';
import type { DeploymentPlan } from '../../../src/core/plan.js';
import { silentProgress } from '../../../src/core/progress.js';
import { createKubernetesOrchestrator } from '../../../src/targets/kubernetes/rollout.js';
import { type KubernetesStandIn, startKubernetesStandIn } from '../../support/kubernetes-stand-in.js';
import { applyAndWatch } from '../../support/roll-out.js';

/** Against a stand-in for an API server, written from the published API: no cluster is behind it. */
const directory = mkdtempSync(join(tmpdir(), 'slipway-kube-'));
const kubeconfig = process.env.KUBECONFIG;
const first = `registry.example.com/team/web:1.0.0@sha256:${'1'.repeat(64)}`;
const second = `registry.example.com/team/web:1.1.0@sha256:${'2'.repeat(64)}`;
let cluster: KubernetesStandIn;

beforeAll(() => {
  process.env.KUBECONFIG = join(directory, 'config');
});
afterAll(() => {
  if (kubeconfig === undefined) delete process.env.KUBECONFIG;
  else process.env.KUBECONFIG = kubeconfig;
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  cluster = await startKubernetesStandIn();
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [{ name: 'c', cluster: { server: cluster.url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 'hidden-token' } }],
    contexts: [
      { name: 'here', context: { cluster: 'c', user: 'u', namespace: 'shop' } },
      { name: 'away', context: { cluster: 'c', user: 'u' } },
    ],
  };
  writeFileSync(join(directory, 'config'), JSON.stringify(config));
});
afterEach(() => cluster.stop());

function manifest(image: string, kind = 'Deployment', spec = ''): string {
  return `apiVersion: apps/v1
kind: ${kind}
metadata: { name: web, labels: { app: web } }
spec:
  replicas: 2
${spec}  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - { name: web, image: "${image}", env: [{ name: A, value: b }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: of-another-service }
`;
}

function clock() {
  let now = 0;
  return {
    now: () => now,
    sleep: async (milliseconds: number, signal: AbortSignal) => {
      signal.throwIfAborted();
      now += milliseconds;
    },
  };
}

const context = { progress: silentProgress, signal: new AbortController().signal };

function job(
  image: string,
  template = manifest(image),
  options: Readonly<Record<string, string>> = {},
  service = 'web',
) {
  const plan: DeploymentPlan = {
    environment: 'prod',
    target: 'kubernetes',
    source: { in: 'project' },
    template: 'web.yaml',
    service,
    currentImage: 'x:1',
    options,
    timeoutSeconds: 300,
  };
  return { plan, template, image };
}

const orchestrator = () => createKubernetesOrchestrator({ clock: clock() });
const rollOut = (wanted: ReturnType<typeof job>) => applyAndWatch(orchestrator(), wanted, context);

async function failureOf(promise: Promise<unknown> | undefined): Promise<Failure> {
  return (promise ?? Promise.resolve()).then(
    () => expect.fail('nothing failed'),
    (error: Failure) => error,
  );
}

describe('rolling a workload out on a stand-in for Kubernetes', () => {
  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet']) {
    it(`creates and updates a ${kind}, and does nothing the second time`, async () => {
      const template = (image: string) => manifest(image, kind);
      expect(await rollOut(job(first, template(first)))).toEqual({
        outcome: 'succeeded',
        evidence: '2/2 pods available for 3 s',
      });
      expect((await rollOut(job(second, template(second)))).outcome).toBe('succeeded');
      expect((await rollOut(job(second, template(second)))).outcome).toBe('nothing-to-do');
    });
  }

  it('applies what belongs to the workload in the namespace of the context, and leaves what is of other services', async () => {
    await rollOut(job(first));
    expect(cluster.requests.filter((request) => request.startsWith('PATCH'))).toEqual([
      'PATCH /api/v1/namespaces/shop/services/web?fieldManager=slipway&force=false',
      'PATCH /apis/apps/v1/namespaces/shop/deployments/web?fieldManager=slipway&force=false',
    ]);
  });

  it('takes the namespace and the context of the environment', async () => {
    await rollOut(job(first, manifest(first), { context: 'away', namespace: 'other' }));
    expect(cluster.stored('other/Deployment/web')).toBeDefined();
    const failure = await failureOf(rollOut(job(first, manifest(first), { context: 'nowhere' })));
    expect([failure.code, failure.candidates]).toEqual(['deploy.orchestrator', ['here', 'away']]);
  });

  it('waits through a server that is away, and finds its change again when the answer was lost', async () => {
    cluster.behave({ away: 2 });
    expect((await rollOut(job(first))).outcome).toBe('succeeded');
    cluster.behave({ cutNextReply: true });
    expect((await rollOut(job(second))).outcome).toBe('succeeded');
  });

  it('reports a container that keeps ending, with its last lines and what the cluster says', async () => {
    await rollOut(job(first));
    cluster.behave({ crashing: second });
    const failure = await failureOf(rollOut(job(second)));
    expect([failure.code, failure.message, failure.lastLines]).toEqual([
      'deploy.stuck',
      "The rollout of 'web' failed (web-new-0: CrashLoopBackOff, ended 3 times, exit code 3): Readiness probe failed: HTTP probe failed with statuscode: 503",
      ['the database is not there'],
    ]);
  });

  it('gives an image that cannot be pulled a minute, and says so', async () => {
    cluster.behave({ unpullable: first });
    const failure = await failureOf(rollOut(job(first)));
    expect(failure.code).toBe('deploy.stuck');
    expect(failure.message).toContain(`ImagePullBackOff, Back-off pulling image "${first}"`);
  });

  it("quotes the scheduler, and the controller's own deadline", async () => {
    cluster.behave({ unschedulable: true });
    expect((await failureOf(rollOut(job(first)))).message).toContain('0/3 nodes are available: 3 Insufficient memory.');
    cluster.behave({ looksPerPod: 1000, deadlineAfterLooks: 3 });
    const failure = await failureOf(rollOut(job(second)));
    expect([failure.code, failure.message]).toEqual([
      'deploy.stuck',
      expect.stringContaining('ReplicaSet has timed out progressing.'),
    ]);
  });

  it('ends when the time is up', async () => {
    cluster.behave({ looksPerPod: 100_000 });
    const failure = await failureOf(rollOut(job(first)));
    expect([failure.code, failure.message]).toEqual([
      'deploy.stuck',
      expect.stringContaining('had not converged when the time was up (0/2 pods available, 0 of them updated)'),
    ]);
  });

  it('says that somebody else was faster', async () => {
    cluster.behave({ looksPerPod: 3, overtakenBy: { image: 'other:9', afterLooks: 2 } });
    const failure = await failureOf(rollOut(job(first)));
    expect([failure.code, failure.message]).toEqual([
      'deploy.superseded',
      "The rollout of 'web' was overtaken: somebody else changed it; its image is now other:9",
    ]);
  });

  it('takes nothing from another manager but by force, and changes nothing before it knows', async () => {
    await rollOut(job(first));
    cluster.behave({ owned: { '.spec.replicas': 'autoscaler' } });
    const scaled = manifest(second).replace('replicas: 2', 'replicas: 3');
    const failure = await failureOf(rollOut(job(second, scaled)));
    expect([failure.code, failure.candidates]).toEqual([
      'deploy.refused',
      ['conflict with "autoscaler": .spec.replicas'],
    ]);
    expect((await rollOut(job(second, scaled, { force: 'true' }))).outcome).toBe('succeeded');
  });

  it("shows what the API server itself would make of it, and no variable's value", async () => {
    const look = (wanted: ReturnType<typeof job>) => orchestrator().preview?.(wanted, context);
    expect((await look(job(first)))?.change).toBe('create');
    expect(cluster.stored('shop/Deployment/web')).toBe(undefined);
    await rollOut(job(first));
    expect(await look(job(first))).toEqual({ change: 'none', by: 'server', lines: [] });
    const next = manifest(second).replace('value: b', 'value: hunter2');
    const preview = await look(job(second, next));
    expect(preview).toEqual({
      change: 'update',
      by: 'server',
      lines: [
        `spec.template.spec.containers.0.image  ${first} → ${second}`,
        'spec.template.spec.containers.0.env.0.value  (a variable)',
      ],
    });
  });

  it('goes back to what it replaced, by data that another process kept, and does nothing the second time', async () => {
    await rollOut(job(first));
    cluster.behave({ crashing: second });
    const wanted = job(second);
    const applied = JSON.parse(JSON.stringify(await orchestrator().apply(wanted, context)));
    expect((await failureOf(orchestrator().watch(wanted, applied, context))).code).toBe('deploy.stuck');
    expect(await orchestrator().undo?.(wanted, applied, context)).toEqual({
      outcome: 'succeeded',
      evidence: `${first}: 2/2 pods available for 3 s`,
    });
    expect((await orchestrator().undo?.(wanted, applied, context))?.outcome).toBe('nothing-to-do');
    expect(await orchestrator().observe?.(wanted.plan, wanted.template, context)).toEqual({
      images: [first],
      running: 2,
      wanted: 2,
      state: 'steady',
    });
  });

  it('has nothing to go back to after a first deployment, and leaves what somebody else put there', async () => {
    const wanted = job(first);
    const applied = await orchestrator().apply(wanted, context);
    expect((await failureOf(orchestrator().undo?.(wanted, applied, context))).code).toBe('deploy.refused');
    const update = await orchestrator().apply(job(second), context);
    await rollOut(job('other:9'));
    expect((await failureOf(orchestrator().undo?.(job(second), update, context))).code).toBe('deploy.superseded');
  });

  it('leaves the applying to a GitOps controller, and waits until it has done it', async () => {
    const wanted = job(first, manifest(first), { apply: 'gitops' });
    const applied = await orchestrator().apply(wanted, context);
    expect([applied.change, cluster.stored('shop/Deployment/web')]).toEqual(['created', undefined]);
    await rollOut(job(first));
    expect((await orchestrator().watch(wanted, applied, context)).outcome).toBe('succeeded');
    const never = await failureOf(rollOut(job(second, manifest(second), { apply: 'gitops' })));
    expect([never.code, never.message]).toEqual([
      'deploy.stuck',
      `The GitOps controller has not applied 'web' when the time was up: the cluster has ${first}`,
    ]);
  });

  it('refuses, before anything is built, what could never be rolled out', () => {
    const check = (template: string) => () => orchestrator().check(job(first, template).plan, template);
    expect(check(manifest(first, 'Job'))).toThrow('which cannot be updated to another image');
    expect(check(manifest(first, 'Deployment', '  paused: true\n'))).toThrow('its rollout would never end');
    expect(check(manifest(first, 'StatefulSet', '  updateStrategy: { type: OnDelete }\n'))).toThrow('would never end');
    expect(check(manifest(first).replace('name: web, labels', 'name: other, labels'))).toThrow("no workload 'web'");
  });

  it('says that it knows no cluster, and that it does not reach one', async () => {
    await cluster.stop();
    const away = await failureOf(rollOut(job(first)));
    expect([away.code, away.remedy]).toEqual(['deploy.orchestrator', expect.stringContaining('kubectl')]);
    expect(JSON.stringify(away)).not.toContain('hidden-token');
  }, 30_000);
});
