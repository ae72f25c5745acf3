import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/core/failure.js';
import type { DeploymentPlan } from '../../../src/core/plan.js';
import { silentProgress } from '../../../src/core/progress.js';
import { createSwarmOrchestrator } from '../../../src/targets/swarm/rollout.js';
import { applyAndWatch } from '../../support/roll-out.js';
import { openSwarmScratch } from '../../support/swarm-scratch.js';

const swarm = openSwarmScratch();
const { docker, stack } = swarm;
const orchestrator = createSwarmOrchestrator({ docker });
const forever = ['sleep', 'infinity'];
let first = '';
let second = '';
let broken = '';

beforeAll(async () => {
  first = await swarm.pushImage('1.0.0', forever);
  second = await swarm.pushImage('1.1.0', [...forever, '--']);
  broken = await swarm.pushImage('2.0.0', ['sh', '-c', 'echo the database is not there; exit 3']);
});
afterAll(() => swarm.remove());

function planFor(service: string, timeoutSeconds = 60): DeploymentPlan {
  return {
    environment: 'test',
    target: 'swarm',
    source: { in: 'project' },
    template: 'stack.yml',
    service,
    currentImage: 'x:1',
    options: { stack },
    timeoutSeconds,
  };
}

function rollOut(service: string, template: string, image: string, timeoutSeconds?: number, signal?: AbortSignal) {
  const plan = planFor(service, timeoutSeconds);
  return applyAndWatch(
    orchestrator,
    { plan, template, image },
    { progress: silentProgress, signal: signal ?? new AbortController().signal },
  );
}

const context = { progress: silentProgress, signal: new AbortController().signal };

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  return promise.then(
    () => expect.fail('nothing failed'),
    (error: Failure) => error,
  );
}

function webStack(image: string, more = ''): string {
  return `services:
  web:
    image: ${image}
    environment: {GREETING: hello, ANSWER: 42}
    labels: [container=yes]
    init: true
    stop_grace_period: 1s
    hostname: web
    working_dir: /tmp
    user: "65532"
    read_only: true
    tmpfs: /run
    extra_hosts: ["db:10.1.2.3"]
    volumes: ["data:/data", {type: bind, source: /etc/hostname, target: /host, read_only: true}]
    ports:
      - {target: 8080, published: 18473, mode: host}
    networks: {front: {aliases: [www]}}
    healthcheck: {test: ["CMD", "true"], interval: 1s, timeout: 2s, retries: 3, start_period: 1s}
    logging: {driver: json-file, options: {max-size: 1m}}
    deploy:
      replicas: 1
      endpoint_mode: dnsrr
      labels: {team: web}
      resources: {limits: {cpus: '0.5', memory: 64M}, reservations: {memory: 8M}}
      restart_policy: {condition: any, delay: 1s, max_attempts: 5, window: 10s}
      update_config: {parallelism: 1, order: stop-first, monitor: 1s}
      rollback_config: {parallelism: 0, order: stop-first}
      placement: {constraints: [node.role == manager], max_replicas_per_node: 2}
${more}networks: {front: {attachable: true}}
volumes: {data: {labels: {keep: "no"}}}
`;
}

function smallStack(image: string, deploy: string, service = 'small'): string {
  return `services:\n  ${service}:\n    image: ${image}\n    init: true\n    stop_grace_period: 1s\n    deploy: {${deploy}}\n`;
}

describe('rolling a service out on the real Swarm', () => {
  it('creates the service with everything the template says, and does nothing the second time', async () => {
    expect(await rollOut('web', webStack(first), first)).toEqual({
      outcome: 'succeeded',
      evidence: '1/1 tasks running for 1 s',
    });
    const spec = (await docker.getService(`${stack}_web`).inspect()).Spec;
    const network = await docker.getNetwork(`${stack}_front`).inspect();
    expect([network.Attachable, network.Driver]).toEqual([true, 'overlay']);
    expect(spec.Labels).toEqual({
      team: 'web',
      'com.docker.stack.namespace': stack,
      'com.docker.stack.image': first,
      'io.slipway.managed': 'true',
      'io.slipway.version': '1.0.0',
    });
    expect(spec.TaskTemplate.Networks).toEqual([{ Target: network.Id, Aliases: ['web', 'www'] }]);
    expect(spec.TaskTemplate.ContainerSpec).toEqual({
      Image: first,
      Labels: { container: 'yes', 'com.docker.stack.namespace': stack },
      Env: ['ANSWER=42', 'GREETING=hello'],
      Dir: '/tmp',
      User: '65532',
      Hostname: 'web',
      Init: true,
      Isolation: 'default',
      ReadOnly: true,
      StopGracePeriod: 1e9,
      Hosts: ['10.1.2.3 db'],
      Mounts: [
        {
          Type: 'volume',
          Source: `${stack}_data`,
          Target: '/data',
          VolumeOptions: { Labels: { keep: 'no', 'com.docker.stack.namespace': stack } },
        },
        { Type: 'bind', Source: '/etc/hostname', Target: '/host', ReadOnly: true },
        { Type: 'tmpfs', Target: '/run' },
      ],
      Healthcheck: { Test: ['CMD', 'true'], Interval: 1e9, Timeout: 2e9, Retries: 3, StartPeriod: 1e9 },
    });
    expect(spec.EndpointSpec).toEqual({
      Mode: 'dnsrr',
      Ports: [{ Protocol: 'tcp', TargetPort: 8080, PublishedPort: 18473, PublishMode: 'host' }],
    });
    expect((await rollOut('web', webStack(first), first)).outcome).toBe('nothing-to-do');
  });

  it('updates the service to another image', async () => {
    expect((await rollOut('web', webStack(second), second)).outcome).toBe('succeeded');
    const live = await docker.getService(`${stack}_web`).inspect();
    expect(live.Spec.TaskTemplate.ContainerSpec.Image).toBe(second);
    expect(live.UpdateStatus.State).toBe('completed');
  });

  it.concurrent('keeps the number of replicas that the template leaves open', async () => {
    await rollOut('scaled', smallStack(first, 'update_config: {monitor: 1s}', 'scaled'), first);
    const service = docker.getService(`${stack}_scaled`);
    const live = await service.inspect();
    await service.update({ ...live.Spec, Mode: { Replicated: { Replicas: 2 } }, version: live.Version.Index });
    const result = await rollOut('scaled', smallStack(second, 'update_config: {monitor: 1s}', 'scaled'), second);
    expect(result).toEqual({ outcome: 'succeeded', evidence: '2/2 tasks running for 1 s' });
  });

  it.concurrent('rolls a global service out', async () => {
    const deploy = 'mode: global, update_config: {monitor: 1s}';
    expect(await rollOut('everywhere', smallStack(first, deploy, 'everywhere'), first)).toEqual({
      outcome: 'succeeded',
      evidence: '1/1 tasks running for 1 s',
    });
    expect((await rollOut('everywhere', smallStack(first, deploy, 'everywhere'), first)).outcome).toBe('nothing-to-do');
    const failure = await failureOf(rollOut('everywhere', smallStack(first, 'replicas: 1', 'everywhere'), first));
    expect(failure.code).toBe('deploy.unsupported');
  });

  it.concurrent('reports a first deployment whose container ends, with what it wrote', async () => {
    const failure = await failureOf(
      rollOut('broken', smallStack(broken, 'restart_policy: {delay: 0s}', 'broken'), broken),
    );
    expect([failure.code, failure.message, failure.lastLines]).toEqual([
      'deploy.stuck',
      `The rollout of '${stack}_broken' failed: its task ended 3 times: failed, task: non-zero exit (3)`,
      ['the database is not there'],
    ]);
  });

  it.concurrent('reports an image that cannot be pulled with the Swarm’s own error', async () => {
    const missing = first.replace(/@.*/, `@sha256:${'0'.repeat(64)}`);
    const failure = await failureOf(
      rollOut('absent', smallStack(missing, 'restart_policy: {delay: 0s}', 'absent'), missing),
    );
    expect(failure.code).toBe('deploy.stuck');
    expect(failure.message).toMatch(/rejected, No such image: .*@sha256:0{64}/);
  });

  it.concurrent('reports an update that Swarm rolled back as failed, and deploys again afterwards', async () => {
    const deploy =
      'restart_policy: {delay: 0s}, update_config: {failure_action: rollback, monitor: 2s}, rollback_config: {monitor: 1s}';
    await rollOut('back', smallStack(first, deploy, 'back'), first);
    const failure = await failureOf(rollOut('back', smallStack(broken, deploy, 'back'), broken));
    expect(failure.code).toBe('deploy.rolled-back');
    expect(failure.message).toContain('Swarm rolled the update back to the version before');
    expect((await rollOut('back', smallStack(second, deploy, 'back'), second)).outcome).toBe('succeeded');
  });

  it.concurrent('reports an update that Swarm paused as failed, and again when it is run again', async () => {
    const deploy = 'restart_policy: {delay: 0s}, update_config: {monitor: 2s}';
    await rollOut('paused', smallStack(first, deploy, 'paused'), first);
    const failure = await failureOf(rollOut('paused', smallStack(broken, deploy, 'paused'), broken));
    expect(failure.code).toBe('deploy.stuck');
    expect(failure.message).toContain('non-zero exit (3)');
    const again = await failureOf(rollOut('paused', smallStack(broken, deploy, 'paused'), broken));
    expect(again.code).toBe('deploy.stuck');
  });

  it.concurrent('gives up when the time is up, quoting why no node would take the task', async () => {
    const deploy = "placement: {constraints: ['node.labels.nowhere == true']}";
    const failure = await failureOf(rollOut('stuck', smallStack(first, deploy, 'stuck'), first, 4));
    expect(failure.code).toBe('deploy.stuck');
    expect(failure.message).toMatch(/_stuck\.1: pending, .*no suitable node \(scheduling constraints not satisfied/);
  });

  it.concurrent('refuses an external network that is not there', async () => {
    const template = `${smallStack(first, 'replicas: 1')}    networks: [${stack}-none]\nnetworks: {${stack}-none: {external: true}}\n`;
    const failure = await failureOf(rollOut('small', template, first));
    expect([failure.code, failure.message]).toEqual([
      'deploy.refused',
      `The external network '${stack}-none' does not exist in this Swarm`,
    ]);
  });

  it.concurrent('goes back to what an update replaced, waits until it runs, and does nothing the second time', async () => {
    const deploy = 'restart_policy: {delay: 0s}, update_config: {monitor: 1s}';
    await rollOut('undone', smallStack(first, deploy, 'undone'), first);
    const job = { plan: planFor('undone'), template: smallStack(broken, deploy, 'undone'), image: broken };
    const applied = await orchestrator.apply(job, context);
    expect(applied.change).toBe('updated');
    expect((await failureOf(orchestrator.watch(job, applied, context))).code).toBe('deploy.stuck');
    const kept = JSON.parse(JSON.stringify(applied));
    expect(await orchestrator.undo?.(job, kept, context)).toEqual({
      outcome: 'succeeded',
      evidence: `${first}: 1/1 tasks running for 1 s`,
    });
    expect((await orchestrator.undo?.(job, kept, context))?.outcome).toBe('nothing-to-do');
    expect(await orchestrator.observe?.(job.plan, job.template, context)).toEqual({
      images: [first],
      running: 1,
      wanted: 1,
      state: 'steady',
    });
  });

  it.concurrent('goes back after the Swarm itself has gone back, which forgets what it had before', async () => {
    const deploy =
      'restart_policy: {delay: 0s}, update_config: {failure_action: rollback, monitor: 1s}, rollback_config: {monitor: 1s}';
    await rollOut('returned', smallStack(first, deploy, 'returned'), first);
    const job = { plan: planFor('returned'), template: smallStack(broken, deploy, 'returned'), image: broken };
    const applied = await orchestrator.apply(job, context);
    expect((await failureOf(orchestrator.watch(job, applied, context))).code).toBe('deploy.rolled-back');
    expect((await orchestrator.undo?.(job, applied, context))?.outcome).toBe('nothing-to-do');
  });

  it.concurrent('has nothing to go back to after a first deployment', async () => {
    const deploy = 'update_config: {monitor: 1s}';
    const job = { plan: planFor('new'), template: smallStack(first, deploy, 'new'), image: first };
    expect(await orchestrator.observe?.(job.plan, job.template, context)).toBe(undefined);
    const applied = await orchestrator.apply(job, context);
    expect(applied.change).toBe('created');
    expect((await failureOf(orchestrator.undo?.(job, applied, context) ?? Promise.resolve())).code).toBe(
      'deploy.refused',
    );
  });

  it.concurrent('says what it would change, and no value of a variable', async () => {
    const stackOf = (image: string, more: string) =>
      `services: {seen: {image: "${image}", init: true, stop_grace_period: 1s, environment: {${more}}, deploy: {update_config: {monitor: 1s}}}}\n`;
    const before = stackOf(first, 'KEEP: a, TOKEN: hunter1, OLD: b');
    const after = stackOf(second, 'KEEP: a, TOKEN: hunter2, NEW: c');
    const look = (template: string, image: string) =>
      orchestrator.preview?.({ plan: planFor('seen'), template, image }, context);
    expect((await look(before, first))?.change).toBe('create');
    await rollOut('seen', before, first);
    expect(await look(before, first)).toEqual({ change: 'none', by: 'compared', lines: [] });
    expect(await look(after, second)).toEqual({
      change: 'update',
      by: 'compared',
      lines: [
        `Labels.com.docker.stack.image  ${first} → ${second}`,
        'Labels.io.slipway.version  1.0.0 → 1.1.0',
        'TaskTemplate.ContainerSpec.Env  +NEW -OLD ~TOKEN',
        `TaskTemplate.ContainerSpec.Image  ${first} → ${second}`,
      ],
    });
  });

  it.concurrent('refuses an update that could never end: a new task beside the old one on a port of the only node', async () => {
    const stackOf = (image: string) =>
      `services: {held: {image: "${image}", init: true, stop_grace_period: 1s, ports: [{target: 80, published: 18474, mode: host}], deploy: {update_config: {order: start-first, monitor: 1s}}}}\n`;
    await rollOut('held', stackOf(first), first);
    const failure = await failureOf(rollOut('held', stackOf(second), second));
    expect([failure.code, failure.message]).toEqual([
      'deploy.refused',
      `The update of '${stack}_held' could never end: 'order: start-first' needs a node on which port 18474 is free, and 1 tasks hold it on all 1 nodes that take tasks`,
    ]);
  });

  it.concurrent('tells a container the name of its node and its slot, for a service that registers itself', async () => {
    const template = `services: {told: {image: "${first}", init: true, stop_grace_period: 1s, hostname: "{{.Node.Hostname}}-{{.Task.Slot}}", environment: {REGISTER_HOST: "{{.Node.Hostname}}"}, deploy: {update_config: {monitor: 1s}}}}\n`;
    await rollOut('told', template, first);
    const [made] = await docker.listContainers({ filters: { label: [`com.docker.swarm.service.name=${stack}_told`] } });
    const { Config } = await docker.getContainer(made?.Id ?? '').inspect();
    const { Name } = await docker.info();
    expect([Config.Hostname, Config.Env.filter((line) => line.startsWith('REGISTER'))]).toEqual([
      `${Name}-1`,
      [`REGISTER_HOST=${Name}`],
    ]);
    expect((await rollOut('told', template, first)).outcome).toBe('nothing-to-do');
  });

  it.concurrent('ends at once when it is interrupted', async () => {
    const controller = new AbortController();
    const reason = new Error('interrupted');
    setTimeout(() => controller.abort(reason), 700);
    const deploy = "placement: {constraints: ['node.labels.nowhere == true']}";
    const started = performance.now();
    const rollout = rollOut('stopped', smallStack(first, deploy, 'stopped'), first, 60, controller.signal);
    await expect(rollout).rejects.toBe(reason);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it.concurrent('goes on with what an interrupted run began', async () => {
    const controller = new AbortController();
    const template = (image: string) => smallStack(image, 'update_config: {monitor: 2s}', 'resumed');
    await rollOut('resumed', template(first), first);
    setTimeout(() => controller.abort(new Error('interrupted')), 500);
    await expect(rollOut('resumed', template(second), second, 60, controller.signal)).rejects.toThrow('interrupted');
    expect((await rollOut('resumed', template(second), second)).outcome).toBe('succeeded');
    const tasks = await docker.listTasks({ filters: { service: [`${stack}_resumed`], 'desired-state': ['running'] } });
    expect(tasks.map((task) => task.Spec.ContainerSpec.Image)).toEqual([second]);
  });

  it.concurrent('lets two deployments of the same version at the same time both succeed', async () => {
    const template = smallStack(first, 'update_config: {monitor: 1s}', 'twice');
    const outcomes = await Promise.all([rollOut('twice', template, first), rollOut('twice', template, first)]);
    expect(outcomes.map((each) => each.evidence)).toEqual(['1/1 tasks running for 1 s', '1/1 tasks running for 1 s']);
  });

  it.concurrent('lets one of two versions win that are deployed at the same time, and tells the other', async () => {
    const deploy = 'update_config: {monitor: 2s}';
    await rollOut('raced', smallStack(broken, 'replicas: 0', 'raced'), broken);
    const images = [first, second];
    const results = await Promise.allSettled(
      images.map((image) => rollOut('raced', smallStack(image, `replicas: 1, ${deploy}`, 'raced'), image)),
    );
    const live = await docker.getService(`${stack}_raced`).inspect();
    const winner = images.indexOf(live.Spec.TaskTemplate.ContainerSpec.Image);
    expect(results[winner]?.status).toBe('fulfilled');
    expect(results[1 - winner]).toMatchObject({ status: 'rejected', reason: { code: 'deploy.superseded' } });
  });
});
