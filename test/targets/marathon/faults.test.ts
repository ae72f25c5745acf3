import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.js';
import { type MarathonStandIn, startMarathonStandIn } from '../../support/marathon/server.js';
import { failureOf, first, httpCheck, second, settle, siteOf, webApp } from '../../support/marathon-site.js';

/** The fault tests of the research, by their numbers, against a stand-in for Marathon: there is no real one here. */
let marathon: MarathonStandIn;
beforeEach(async () => {
  marathon = await startMarathonStandIn();
});
afterEach(() => marathon.close());

/** An app that runs, deployed by somebody else. */
function stored(body: string): void {
  marathon.cluster.accept([{ kind: 'app', id: '/shop/web', definition: JSON.parse(body) }], false);
  settle(marathon);
}

const imageNow = () => {
  const app = marathon.cluster.workloads.get('/shop/web')?.definition as {
    container?: { docker?: { image?: string } };
  };
  return app.container?.docker?.image;
};

describe('1: a locked app', () => {
  it('is waited for, and never forced', async () => {
    stored(webApp('other:1'));
    marathon.cluster.behaviours.set('other:2', { startsAfter: 5000 });
    marathon.cluster.accept([{ kind: 'app', id: '/shop/web', definition: JSON.parse(webApp('other:2')) }], false);
    const site = siteOf(marathon, webApp(first), first);
    expect(await site.rollOut()).toEqual({ outcome: 'succeeded', evidence: '2/2 tasks running for 3 s' });
    expect(marathon.puts.length).toBeGreaterThan(3);
    expect(marathon.calls.filter((call) => call.includes('force'))).toEqual([]);
  });

  it('is given up when its lock outlasts the time, naming who holds it', async () => {
    stored(webApp('other:1'));
    marathon.cluster.behaviours.set('other:2', { health: 'dead' });
    const held = marathon.cluster.accept(
      [{ kind: 'app', id: '/shop/web', definition: JSON.parse(webApp('other:2', httpCheck)) }],
      false,
    );
    const failure = await failureOf(siteOf(marathon, webApp(first), first, { timeoutSeconds: 5 }).apply());
    expect([failure.code, failure.candidates, imageNow()]).toEqual(['deploy.refused', [held.deploymentId], 'other:2']);
  });

  it('is forced where the environment says so, and that is said', async () => {
    stored(webApp('other:1'));
    marathon.cluster.behaviours.set('other:2', { health: 'dead' });
    const { deploymentId } = marathon.cluster.accept(
      [{ kind: 'app', id: '/shop/web', definition: JSON.parse(webApp('other:2', httpCheck)) }],
      false,
    );
    const site = siteOf(marathon, webApp(first), first, { options: { force: 'true' } });
    expect((await site.rollOut()).outcome).toBe('succeeded');
    expect(site.said).toContain(`warn deploy /shop/web: locked by deployment ${deploymentId}, which is forced away`);
  });
});

describe('2: an id that is not in the list', () => {
  it('is no success: listed after 5 s, then failed, it is a failure', async () => {
    stored(webApp('other:1'));
    marathon.cluster.listedAfter = 5000;
    marathon.cluster.behaviours.set(first, { startsAfter: 1e9 });
    const site = siteOf(marathon, webApp(first), first, { timeoutSeconds: 600 });
    const applied = await site.apply();
    const { deployment = '' } = applied.reference;
    marathon.onCall = () => {
      if (marathon.cluster.now > 40_000) marathon.cluster.cancel(deployment, true);
    };
    const failure = await failureOf(site.watch(applied));
    expect(failure.code).toBe('deploy.stuck');
    expect(failure.message).toMatch(/its deployment is over, cancelled or failed|ended its deployment without success/);
    expect(marathon.cluster.now).toBeLessThan(120_000);
  });
});

describe('3: a reply that is lost', () => {
  for (const fault of ['cut-after', 'half'] as const) {
    it(`(${fault}) is judged by the version that Marathon has: no second deployment`, async () => {
      stored(webApp('other:1'));
      marathon.arm(/^PUT/, fault);
      const site = siteOf(marathon, webApp(first), first);
      const applied = await site.apply();
      expect(applied.change).toBe('updated');
      expect((await site.watch(applied)).outcome).toBe('succeeded');
      expect(marathon.puts.length).toBe(1);
      expect(marathon.cluster.workloads.get('/shop/web')?.versions.size).toBe(2);
    });
  }

  it('before anything was done, is sent again', async () => {
    marathon.arm(/^PUT/, 'cut-before', 2);
    expect((await siteOf(marathon, webApp(first), first).rollOut()).outcome).toBe('succeeded');
    expect(marathon.puts.length).toBe(1);
  });

  it('because Marathon takes no more calls at once (503), is sent again', async () => {
    marathon.arm(/^PUT/, { status: 503, body: { message: 'too many concurrent requests' } }, 2);
    expect((await siteOf(marathon, webApp(first), first).rollOut()).outcome).toBe('succeeded');
  });

  it('after which Marathon cannot be asked, leaves it unknown whether anything was stored', async () => {
    marathon.onCall = (call) => {
      if (call.startsWith('PUT')) marathon.elect(1e9, 0);
    };
    marathon.arm(/^PUT/, 'cut-before');
    const failure = await failureOf(siteOf(marathon, webApp(first), first).apply());
    expect([failure.code, marathon.calls.filter((call) => call.startsWith('PUT')).length]).toEqual([
      'deploy.unknown',
      1,
    ]);
  });

  it('of every try, with nothing stored, changes nothing and says so', async () => {
    marathon.arm(/^PUT/, 'cut-before', 100);
    const failure = await failureOf(siteOf(marathon, webApp(first), first).apply());
    expect([failure.code, marathon.puts.length]).toEqual(['deploy.orchestrator', 0]);
  });
});

describe('4: a change of the leader', () => {
  it('is no end: 502 in HTML, an empty list, then the id again', async () => {
    stored(webApp('other:1'));
    marathon.cluster.behaviours.set(first, { startsAfter: 20_000 });
    const site = siteOf(marathon, webApp(first), first, { timeoutSeconds: 300 });
    const applied = await site.apply();
    marathon.cluster.advance(2000);
    marathon.elect(10_000, 10_000);
    const result = await site.watch(applied);
    expect(result).toEqual({ outcome: 'succeeded', evidence: '2/2 tasks running for 3 s' });
  });

  it('while the definition is sent, is waited for', async () => {
    marathon.elect(4000, 1000);
    expect((await siteOf(marathon, webApp(first), first).rollOut()).outcome).toBe('succeeded');
  });

  it('that finds no end, is not known to have succeeded', async () => {
    const site = siteOf(marathon, webApp(first), first, { timeoutSeconds: 600 });
    const applied = await site.apply();
    marathon.elect(1e9, 0);
    const failure = await failureOf(site.watch(applied));
    expect(failure.code).toBe('deploy.unknown');
    expect(failure.message).toContain('502');
  });
});

describe('6: a definition that is refused', () => {
  it('is told with the text of a 400', async () => {
    marathon.arm(/^PUT/, { status: 400, body: { message: 'Invalid JSON', details: 'Unexpected character at 7' } });
    const failure = await failureOf(siteOf(marathon, webApp(first), first).apply());
    expect([failure.code, failure.message]).toEqual([
      'deploy.refused',
      'Marathon refuses the definition (400): Invalid JSON: Unexpected character at 7',
    ]);
  });

  it('is told with the paths of a 422', async () => {
    const text = webApp(first, { cpus: -1 });
    const failure = await failureOf(siteOf(marathon, text, first).apply());
    expect(failure.code).toBe('deploy.refused');
    expect(failure.message).toMatch(/^Marathon refuses the definition \(422\): Object is not valid: \/cpus: /);
  });

  it('with "already exists" is not taken for a lock', async () => {
    marathon.arm(/^PUT/, { status: 409, body: { message: 'An app with id [/shop/web] already exists.' } });
    const failure = await failureOf(siteOf(marathon, webApp(first), first).apply());
    expect([failure.code, failure.message]).toEqual([
      'deploy.refused',
      'Marathon refuses the definition (409): An app with id [/shop/web] already exists.',
    ]);
  });
});

describe('7: another actor', () => {
  it('who forces a deployment of his own in the middle has superseded ours', async () => {
    stored(webApp('other:1'));
    marathon.cluster.behaviours.set(first, { startsAfter: 20_000 });
    const site = siteOf(marathon, webApp(first), first);
    const applied = await site.apply();
    marathon.cluster.advance(2000);
    marathon.cluster.accept([{ kind: 'app', id: '/shop/web', definition: JSON.parse(webApp('other:9')) }], true);
    const failure = await failureOf(site.watch(applied));
    expect(failure.code).toBe('deploy.superseded');
    expect(failure.message).toContain('its image other:9');
  });

  it('who changed the app between our reading and our PUT is told of, since Marathon cannot compare', async () => {
    stored(webApp('other:1'));
    marathon.onCall = (call) => {
      if (!call.startsWith('PUT')) return;
      marathon.onCall = undefined;
      stored(webApp('other:9'));
    };
    const site = siteOf(marathon, webApp(first), first);
    expect((await site.rollOut()).outcome).toBe('succeeded');
    expect(site.said.filter((line) => line.startsWith('warn'))).toEqual([
      expect.stringMatching(/^warn Somebody else changed '\/shop\/web' at the same moment \(version 2026-/),
    ]);
  });

  it('who removes the app has superseded ours', async () => {
    const site = siteOf(marathon, webApp(first), first);
    const applied = await site.apply();
    marathon.cluster.workloads.delete('/shop/web');
    expect((await failureOf(site.watch(applied))).code).toBe('deploy.superseded');
  });
});

describe('8: an identical definition', () => {
  it('is nothing to do, though Marathon answers with a version that the app never gets', async () => {
    const site = siteOf(marathon, webApp(first, httpCheck), first);
    expect((await site.rollOut()).outcome).toBe('succeeded');
    expect(await site.rollOut()).toEqual({
      outcome: 'nothing-to-do',
      evidence: '2/2 tasks running and healthy for 3 s',
    });
    expect(marathon.cluster.workloads.get('/shop/web')?.versions.size).toBe(1);
  });
});

describe('9: health checks', () => {
  it('without a result are waited for', async () => {
    marathon.cluster.behaviours.set(first, { health: 'missing' });
    const failure = await failureOf(
      siteOf(marathon, webApp(first, httpCheck), first, { timeoutSeconds: 20 }).rollOut(),
    );
    expect([failure.code, failure.message]).toEqual([
      'deploy.stuck',
      "'/shop/web' had not converged when the time was up (0/2 tasks running and healthy, the deployment goes on)",
    ]);
  });

  it('that come and go are a failure', async () => {
    marathon.cluster.behaviours.set(first, { health: 'flapping' });
    const failure = await failureOf(
      siteOf(marathon, webApp(first, httpCheck), first, { timeoutSeconds: 600 }).rollOut(),
    );
    expect(failure.code).toBe('deploy.stuck');
    expect(failure.message).toMatch(
      /^The rollout of '\/shop\/web' failed: its health comes and goes: healthy tasks failed their checks \d times$/,
    );
  });

  it('that say no keep the rollout waiting until its time is up', async () => {
    marathon.cluster.behaviours.set(first, { health: 'dead' });
    const failure = await failureOf(
      siteOf(marathon, webApp(first, httpCheck), first, { timeoutSeconds: 20 }).rollOut(),
    );
    expect([failure.code, failure.message.includes('0/2 tasks running and healthy')]).toEqual(['deploy.stuck', true]);
  });

  it('do not excuse a readiness check that says no, which is quoted', async () => {
    marathon.cluster.behaviours.set(first, { ready: false });
    const text = webApp(first, {
      readinessChecks: [{ name: 'warm', protocol: 'HTTP', path: '/ready', portName: 'http' }],
    });
    const failure = await failureOf(siteOf(marathon, text, first, { timeoutSeconds: 20 }).rollOut());
    expect([failure.code, failure.message]).toEqual([
      'deploy.stuck',
      "'/shop/web' had not converged when the time was up (2/2 tasks running, not ready: warm answers 503 (warming up), warm answers 503 (warming up))",
    ]);
  });

  it('tasks that end again and again are a failure, with how they ended', async () => {
    marathon.cluster.behaviours.set(first, { exits: { after: 200, message: 'Command exited with status 3' } });
    const failure = await failureOf(siteOf(marathon, webApp(first), first, { timeoutSeconds: 600 }).rollOut());
    expect([failure.code, failure.message]).toEqual([
      'deploy.stuck',
      "The rollout of '/shop/web' failed: its tasks ended 3 times: TASK_FAILED Command exited with status 3",
    ]);
  });
});

describe('10 and 16: a rollout that is pending', () => {
  it('ends in time, and quotes from the queue which offers were declined, and why', async () => {
    const text = webApp(first, { mem: 100_000 });
    const failure = await failureOf(siteOf(marathon, text, first, { timeoutSeconds: 10 }).rollOut());
    expect(failure.code).toBe('deploy.stuck');
    expect(failure.message).toMatch(
      /^'\/shop\/web' had not converged when the time was up \(0\/2 tasks running, the deployment goes on\); its queue says: InsufficientMemory: \d+ of \d+ offers declined$/,
    );
  });
});

describe('11: an undo', () => {
  it('that hangs itself ends as stuck, and says that it is the undo', async () => {
    stored(webApp('other:1', httpCheck));
    marathon.cluster.behaviours.set(first, { health: 'dead' });
    const site = siteOf(marathon, webApp(first, httpCheck), first, { timeoutSeconds: 10 });
    const applied = await site.apply();
    expect((await failureOf(site.watch(applied))).code).toBe('deploy.stuck');
    marathon.cluster.behaviours.set('other:1', { startsAfter: 1e9 });
    for (const workload of marathon.cluster.workloads.values()) workload.tasks = [];
    const failure = await failureOf(site.undo(applied));
    expect([failure.code, failure.message.startsWith("'/shop/web (undo)' had not converged")]).toEqual([
      'deploy.stuck',
      true,
    ]);
  });
});

describe('12: a fixed port', () => {
  const fixed = {
    instances: 1,
    networks: [{ mode: 'container/bridge' }],
    container: { type: 'DOCKER', docker: { image: first }, portMappings: [{ containerPort: 8080, hostPort: 8080 }] },
  };

  it('on one agent is a deadlock, which the stand-in shows and the pre-flight refuses before anything is sent', async () => {
    marathon.cluster.agents = [{ host: 'only', cpus: 16, mem: 16_384 }];
    stored(webApp(first, fixed));
    const other = webApp(second, { ...fixed, container: { ...fixed.container, docker: { image: second } } });
    const unaware = siteOf(marathon, other, second, { timeoutSeconds: 30 });
    const stuck = await failureOf(unaware.rollOut());
    expect([stuck.code, stuck.message.includes('InsufficientPorts')]).toEqual(['deploy.stuck', true]);
    const sent = marathon.puts.length;
    const told = siteOf(marathon, other, second, { options: { agents: '1' } });
    expect(() => told.orchestrator.check(told.job.plan, told.job.template)).toThrow('the new one can never start');
    const refused = await failureOf(told.apply());
    expect([refused.code, refused.remedy]).toEqual([
      'deploy.unsupported',
      "Set upgradeStrategy.minimumHealthCapacity to 0 (with one instance, anything above is rounded up to 1), let Marathon choose the port (hostPort 0, requirePorts false), or raise 'agents' in the environment when there are more.",
    ]);
    expect(marathon.puts.length).toBe(sent);
  });

  it('that may work, since nobody says how many agents there are, is warned of', async () => {
    const site = siteOf(marathon, webApp(first, fixed), first);
    expect((await site.rollOut()).outcome).toBe('succeeded');
    expect(site.said.map((line) => line.slice(0, 61))).toEqual([
      'warn /shop/web: The fixed host port 8080 and a minimum health',
    ]);
  });

  it('is replaced on one agent with a minimum health capacity of 0', async () => {
    marathon.cluster.agents = [{ host: 'only', cpus: 16, mem: 16_384 }];
    const zero = { ...fixed, upgradeStrategy: { minimumHealthCapacity: 0, maximumOverCapacity: 0 } };
    stored(webApp(first, zero));
    const text = webApp(second, { ...zero, container: { ...fixed.container, docker: { image: second } } });
    const site = siteOf(marathon, text, second, { options: { agents: '1' } });
    expect([(await site.rollOut()).outcome, site.said]).toEqual(['succeeded', []]);
  });
});

describe('13: a token that ends in the middle', () => {
  it('is renewed once by the DC/OS service account', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    marathon.gate.door = { account: { uid: 'deployer', publicKey, lifetime: 5000 } };
    marathon.cluster.behaviours.set(first, { startsAfter: 3000 });
    const credentials = async () => ({ uid: 'deployer', privateKey: new Secret(privateKey) });
    const site = siteOf(marathon, webApp(first), first, { credentials });
    const applied = await site.apply();
    expect(marathon.gate.logins).toBe(1);
    const before = marathon.gate.logins;
    expect((await site.watch(applied)).outcome).toBe('succeeded');
    const waited = marathon.cluster.now;
    expect(marathon.gate.logins - before).toBe(1 + Math.floor(waited / 5000));
  });

  it('and is refused after that, too, leaves the outcome unknown', async () => {
    marathon.gate.door = { token: 's3cret' };
    const site = siteOf(marathon, webApp(first), first, {
      credentials: async () => ({ token: new Secret('s3cret') }),
      timeoutSeconds: 600,
    });
    const applied = await site.apply();
    marathon.gate.door = { token: 'another' };
    const failure = await failureOf(site.watch(applied));
    expect([failure.code, failure.message.includes('401'), failure.message.includes('s3cret')]).toEqual([
      'deploy.unknown',
      true,
      false,
    ]);
  });
});
