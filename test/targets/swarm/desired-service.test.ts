import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/core/failure.js';
import { splitShellWords } from '../../../src/formats/shell-words.js';
import { readDesiredService } from '../../../src/targets/swarm/desired-service.js';

const namespace = { 'com.docker.stack.namespace': 'shop' };

function read(service: string, rest = '') {
  const body = service.replace(/^/gm, '    ');
  return readDesiredService('stack.yml', `services:\n  web:\n    image: app:1.2\n${body}\n${rest}`, 'web', 'shop');
}

function container(service: string, rest = '') {
  const { Image, Labels, ...spec } = read(service, rest).task.ContainerSpec as Record<string, unknown>;
  return spec;
}

function failureOf(action: () => unknown): Failure {
  try {
    action();
  } catch (error) {
    return error as Failure;
  }
  return expect.fail('nothing failed');
}

describe('a stack’s service as a service of the Swarm', () => {
  it('is named, labelled and networked as docker stack deploy does it', () => {
    expect(read('')).toEqual({
      name: 'shop_web',
      stack: 'shop',
      image: 'app:1.2',
      mode: 'replicated',
      networks: [
        {
          name: 'shop_default',
          external: false,
          driver: 'overlay',
          driverOptions: {},
          attachable: false,
          internal: false,
          labels: namespace,
          aliases: ['web'],
        },
      ],
      labels: {
        ...namespace,
        'com.docker.stack.image': 'app:1.2',
        'io.slipway.managed': 'true',
        'io.slipway.version': '1.2',
      },
      task: { ContainerSpec: { Image: 'app:1.2', Labels: namespace } },
      rest: { EndpointSpec: { Mode: 'vip' } },
    });
  });

  it('reads commands and environments in every form Compose has for them', () => {
    expect(container('command: sh -c "echo \'a b\' \\$$HOME"\nentrypoint: [/run, 1]')).toEqual({
      Command: ['/run', '1'],
      Args: ['sh', '-c', "echo 'a b' $HOME"],
    });
    expect(container('environment: [B=1, A=x=y, "C="]')).toEqual({ Env: ['A=x=y', 'B=1', 'C='] });
    expect(container('environment: {B: 1, A: "$$5"}')).toEqual({ Env: ['A=$5', 'B=1'] });
  });

  it('reads short and long ports', () => {
    const ports = 'ports: [80, "8080:81", "9000-9001:90-91/udp", {target: 443, published: "8443", mode: host}]';
    expect(read(ports).rest).toEqual({
      EndpointSpec: {
        Mode: 'vip',
        Ports: [
          { Protocol: 'tcp', TargetPort: 80, PublishMode: 'ingress' },
          { PublishedPort: 8080, Protocol: 'tcp', TargetPort: 81, PublishMode: 'ingress' },
          { PublishedPort: 9000, Protocol: 'udp', TargetPort: 90, PublishMode: 'ingress' },
          { PublishedPort: 9001, Protocol: 'udp', TargetPort: 91, PublishMode: 'ingress' },
          { PublishedPort: 8443, Protocol: 'tcp', TargetPort: 443, PublishMode: 'host' },
        ],
      },
    });
  });

  it('reads volumes of every kind', () => {
    const service =
      'volumes: [/anonymous, "/host:/a:ro", "data:/b", "old:/c", {type: tmpfs, target: /t, tmpfs: {size: 1k}}]';
    const rest = 'volumes: {data: , old: {external: {name: real}}}\n';
    expect(container(service, rest)).toEqual({
      Mounts: [
        { Type: 'volume', Target: '/anonymous' },
        { Type: 'bind', Source: '/host', Target: '/a', ReadOnly: true },
        { Type: 'volume', Source: 'shop_data', Target: '/b', VolumeOptions: { Labels: namespace } },
        { Type: 'volume', Source: 'real', Target: '/c' },
        { Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 1024 } },
      ],
    });
  });

  it('reads networks with their names, aliases and options', () => {
    const rest =
      'networks: {front: {attachable: true, internal: true, driver_opts: {encrypted: ""}}, back: {external: true, name: shared}}\n';
    const networks = read('networks: {front: {aliases: [www, web]}, back: }', rest).networks;
    expect(networks.map(({ name, external, attachable, aliases }) => [name, external, attachable, aliases])).toEqual([
      ['shop_front', false, true, ['web', 'www']],
      ['shared', true, false, ['web']],
    ]);
  });

  it('reads what a service inherits through anchors and merge keys', () => {
    const text =
      'x-base: &base\n  user: "1000"\n  deploy: &deploy {replicas: 3}\nservices:\n  web:\n    <<: *base\n    image: app:1\n    deploy: {<<: *deploy, replicas: 2}\n';
    const desired = readDesiredService('s.yml', text, 'web', 'shop');
    expect([desired.replicas, (desired.task.ContainerSpec as { User: string }).User]).toEqual([2, '1000']);
  });

  it('lists every key that it would not carry out, wherever it stands', () => {
    const service =
      'secrets: [a]\nconfigs: [b]\nbuild: .\nx-mine: ok\nnetworks: {default: {ipv4_address: 10.0.0.2}}\ndeploy: {resources: {limits: {gpus: 1}}}\nvolumes: ["./here:/x"]\nports: ["127.0.0.1:80:80"]\nenvironment: [HOME]\ntmpfs: "/t:size=1m"';
    const failure = failureOf(() => read(service));
    expect(failure.code).toBe('deploy.unsupported');
    expect(failure.where).toMatch(/^stack\.yml:3$/);
    expect([...(failure.candidates ?? [])].sort()).toEqual([
      'web.build',
      'web.configs',
      'web.deploy.resources.limits.gpus',
      'web.environment.HOME (no value)',
      'web.networks.default.ipv4_address',
      'web.ports (host address 127.0.0.1)',
      'web.secrets',
      'web.tmpfs (options in /t:size=1m)',
      'web.volumes (relative path ./here)',
    ]);
  });

  it('refuses values that the deploying shell would fill in, naming each', () => {
    const failure = failureOf(() => read('environment: {A: "${SECRET}", B: "$$fine"}\ncommand: [run, $MODE]'));
    expect([failure.code, failure.candidates]).toEqual(['deploy.unsupported', ['web.environment.A', 'web.command[1]']]);
  });

  const invalid: readonly (readonly [string, string])[] = [
    ['ports: ["80:http"]', 'web.ports'],
    ['ports: ["70000:80"]', 'web.ports'],
    ['ports: ["80-82:80-81"]', 'web.ports'],
    ['stop_grace_period: soon', 'web.stop_grace_period'],
    ['deploy: {replicas: -1}', 'web.deploy.replicas'],
    ['deploy: {mode: sometimes}', 'web.deploy.mode'],
    ['deploy: {resources: {limits: {memory: much}}}', 'web.deploy.resources.limits.memory'],
    ['deploy: {update_config: {max_failure_ratio: 2}}', 'web.deploy.update_config.max_failure_ratio'],
    ['deploy: [replicas]', 'web.deploy'],
    ['networks: [nowhere]', 'nowhere is not'],
    ['volumes: ["nowhere:/x"]', 'nowhere is not'],
    ['volumes: [x]', 'web.volumes'],
    ['environment: {A: true}', 'web.environment.A'],
    ['read_only: maybe', 'web.read_only'],
    ['healthcheck: {test: [curl]}', 'web.healthcheck.test'],
    ['command: "sh -c \'open"', 'web.command'],
    ['deploy: {mode: global, replicas: 2}', 'is global and has replicas'],
    ['deploy: {endpoint_mode: dnsrr}\nports: ["80:80"]', 'endpoint_mode: dnsrr'],
  ];
  for (const [service, mentions] of invalid) {
    it(`refuses ${JSON.stringify(service)}`, () => {
      const failure = failureOf(() => read(service));
      expect(failure.code).toBe('deploy.template-invalid');
      expect(failure.message).toContain(mentions);
    });
  }

  it('reads durations, sizes and shares as the Engine API counts them', () => {
    const deploy =
      'deploy: {resources: {limits: {cpus: "0.25", memory: 1.5g, pids: 10}}, restart_policy: {delay: 1m30s, window: 500ms}, rollback_config: {parallelism: 0}}';
    const { task, rest } = read(`${deploy}\nhealthcheck: {disable: true}\nstop_grace_period: 0`);
    expect([task.Resources, task.RestartPolicy, rest.RollbackConfig]).toEqual([
      { Limits: { NanoCPUs: 250_000_000, MemoryBytes: 1_610_612_736, Pids: 10 } },
      { Delay: 90e9, Window: 500e6 },
      { Parallelism: 0 },
    ]);
    expect(task.ContainerSpec).toMatchObject({ Healthcheck: { Test: ['NONE'] }, StopGracePeriod: 0 });
  });
});

describe('splitting a command line', () => {
  it('keeps quoted and escaped text together and expands nothing', () => {
    expect(splitShellWords(`a  "b c" 'd "e' f\\ g "" "h\\"i" j'k'"l" $M *`)).toEqual([
      'a',
      'b c',
      'd "e',
      'f g',
      '',
      'h"i',
      'jkl',
      '$M',
      '*',
    ]);
    expect(splitShellWords('')).toEqual([]);
    expect(['a "b', "a 'b", 'a \\'].map(splitShellWords)).toEqual([undefined, undefined, undefined]);
  });
});
