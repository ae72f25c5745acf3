import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/failure.js';
import type { DeploymentPlan } from '../../../src/core/plan.js';
import { createMarathonOrchestrator } from '../../../src/targets/marathon/rollout.js';

/** What a pure check says of an app: undefined, or the code and the message. */
function check(app: Readonly<Record<string, unknown>>, options: Readonly<Record<string, string>> = {}) {
  const plan = { template: 'a.json', service: '/a', environment: 'x', options: { url: 'http://m', ...options } };
  const definition = 'containers' in app ? app : { container: { docker: { image: 'a:1' } }, ...app };
  try {
    createMarathonOrchestrator().check(plan as unknown as DeploymentPlan, JSON.stringify({ id: '/a', ...definition }));
    return undefined;
  } catch (error) {
    return error instanceof Failure ? { code: error.code, message: error.message, remedy: error.remedy } : error;
  }
}

const bridge = (hostPort: number) => ({
  networks: [{ mode: 'container/bridge' }],
  container: { docker: { image: 'a:1' }, portMappings: [{ containerPort: 80, hostPort }] },
});
const deadlock = expect.objectContaining({
  code: 'deploy.unsupported',
  message: expect.stringContaining('can never start'),
});

describe('a fixed port on so many agents as are known', () => {
  const cases: [string, Record<string, unknown>, Record<string, string>, unknown][] = [
    ['is a deadlock on one', bridge(8080), { agents: '1' }, deadlock],
    ['is none with a second', bridge(8080), { agents: '2' }, undefined],
    ['is not judged where nobody says how many there are', bridge(8080), {}, undefined],
    [
      'is one where a constraint binds it to a host',
      { ...bridge(80), constraints: [['hostname', 'CLUSTER', 'h1']] },
      {},
      deadlock,
    ],
    ['is none where Marathon chooses the port', bridge(0), { agents: '1' }, undefined],
    [
      'is none with a minimum of 0',
      { ...bridge(80), upgradeStrategy: { minimumHealthCapacity: 0 } },
      { agents: '1' },
      undefined,
    ],
    [
      'is one with 0.1, which is rounded up',
      { ...bridge(80), upgradeStrategy: { minimumHealthCapacity: 0.1 } },
      { agents: '1' },
      deadlock,
    ],
    [
      'is none with half of two',
      { ...bridge(80), instances: 2, upgradeStrategy: { minimumHealthCapacity: 0.5 } },
      { agents: '2' },
      undefined,
    ],
    ['is one with two on two', { ...bridge(80), instances: 2 }, { agents: '2' }, deadlock],
    [
      'counts in host mode where it is required',
      { requirePorts: true, portDefinitions: [{ port: 9000 }] },
      { agents: '1' },
      deadlock,
    ],
    ['does not where it is a service port', { portDefinitions: [{ port: 9000 }] }, { agents: '1' }, undefined],
    [
      'counts in the old form',
      { container: { docker: { image: 'a:1', network: 'BRIDGE', portMappings: [{ hostPort: 80 }] } } },
      { agents: '1' },
      deadlock,
    ],
    [
      'counts in a pod',
      { containers: [{ name: 'a', image: { kind: 'DOCKER', id: 'a:1' }, endpoints: [{ name: 'h', hostPort: 80 }] }] },
      { agents: '1' },
      deadlock,
    ],
    ['does not for an app without instances', { ...bridge(80), instances: 0 }, { agents: '1' }, undefined],
  ];
  for (const [name, app, options, expected] of cases) {
    it(name, () => {
      expect(check(app, options)).toEqual(expected);
    });
  }

  it('is not to be had by more instances than there are agents', () => {
    expect(
      check({ ...bridge(80), instances: 3, upgradeStrategy: { minimumHealthCapacity: 0 } }, { agents: '2' }),
    ).toMatchObject({
      code: 'deploy.unsupported',
      message: '3 instances with the fixed host port 80 need as many agents, and there are 2',
    });
  });

  it('may be one number for TCP and for UDP', () => {
    const portMappings = [
      { containerPort: 53, hostPort: 53, protocol: 'tcp' },
      { containerPort: 53, hostPort: 53, protocol: 'udp' },
    ];
    expect(check({ container: { docker: { image: 'a:1' }, portMappings } }, { agents: '2' })).toBeUndefined();
  });

  it('comes with a minimum that would do', () => {
    expect(check({ ...bridge(80), instances: 3 }, { agents: '3' })).toMatchObject({
      remedy: expect.stringContaining('Set upgradeStrategy.minimumHealthCapacity to at most 0.66'),
    });
  });
});
