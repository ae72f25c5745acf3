import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.js';
import { leaderOrigins, marathonCredentials } from '../../../src/targets/marathon/credentials.js';
import { type MarathonStandIn, startMarathonStandIn } from '../../support/marathon/server.js';
import { failureOf, first, siteOf, webApp } from '../../support/marathon-site.js';

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
let marathon: MarathonStandIn;
let directory: string;
beforeEach(async () => {
  marathon = await startMarathonStandIn();
  directory = mkdtempSync(join(tmpdir(), 'slipway-marathon-'));
  writeFileSync(join(directory, 'key.pem'), privateKey);
});
afterEach(async () => {
  await marathon.close();
  rmSync(directory, { recursive: true });
});

const rollOut = (environment: Readonly<Record<string, string>>) =>
  siteOf(marathon, webApp(first), first, { credentials: () => marathonCredentials(environment) }).rollOut();

describe('a login to a Marathon stand-in', () => {
  it('is HTTP Basic with a user and a password, whatever is in them', async () => {
    marathon.gate.door = { basic: { user: 'me', password: 'p:ü' } };
    const result = await rollOut({ SLIPWAY_MARATHON_USER: 'me', SLIPWAY_MARATHON_PASSWORD: 'p:ü' });
    expect(result.outcome).toBe('succeeded');
  });

  it('is a DC/OS token, by either name', async () => {
    marathon.gate.door = { token: 's3cret' };
    expect((await rollOut({ SLIPWAY_MARATHON_TOKEN: 's3cret' })).outcome).toBe('succeeded');
    expect((await rollOut({ SLIPWAY_DCOS_ACS_TOKEN: 's3cret' })).outcome).toBe('nothing-to-do');
  });

  it('is made by a DC/OS service account with its key', async () => {
    marathon.gate.door = { account: { uid: 'deployer', publicKey, lifetime: 1e9 } };
    const account = { SLIPWAY_DCOS_UID: 'deployer', SLIPWAY_DCOS_PRIVATE_KEY_FILE: join(directory, 'key.pem') };
    expect((await rollOut(account)).outcome).toBe('succeeded');
  });

  it('of an account that DC/OS does not know is refused, before anything is changed', async () => {
    marathon.gate.door = { account: { uid: 'another', publicKey, lifetime: 1e9 } };
    const account = { SLIPWAY_DCOS_UID: 'deployer', SLIPWAY_DCOS_PRIVATE_KEY_FILE: join(directory, 'key.pem') };
    const failure = await failureOf(rollOut(account));
    expect([failure.code, failure.message, marathon.puts.length]).toEqual([
      'deploy.orchestrator',
      "DC/OS refuses the login of the service account 'deployer' (401)",
      0,
    ]);
  });

  it('with a key that is none is refused without a word of the key', async () => {
    writeFileSync(join(directory, 'key.pem'), 'no key');
    const account = { SLIPWAY_DCOS_UID: 'deployer', SLIPWAY_DCOS_PRIVATE_KEY_FILE: join(directory, 'key.pem') };
    const failure = await failureOf(rollOut(account));
    expect([failure.code, failure.where]).toEqual(['settings.invalid', 'SLIPWAY_DCOS_PRIVATE_KEY_FILE']);
    expect(failure.message).not.toContain('no key');
  });

  it('that is refused says which to set', async () => {
    marathon.gate.door = { token: 's3cret' };
    const failure = await failureOf(rollOut({ SLIPWAY_MARATHON_TOKEN: 'wrong' }));
    expect([failure.code, failure.message, failure.remedy]).toEqual([
      'deploy.orchestrator',
      'Marathon refuses with 401: Invalid username or password.',
      'Set SLIPWAY_MARATHON_TOKEN, or SLIPWAY_MARATHON_USER and SLIPWAY_MARATHON_PASSWORD, of somebody who may deploy this app.',
    ]);
  });

  it('is not taken to where the address sends on to', async () => {
    marathon.arm(/./, { status: 302, headers: { Location: 'http://elsewhere.example.com/' } }, 100);
    const failure = await failureOf(rollOut({ SLIPWAY_MARATHON_TOKEN: 's3cret' }));
    expect([failure.code, failure.message]).toEqual([
      'deploy.orchestrator',
      "Marathon's address sends on to http://elsewhere.example.com/",
    ]);
  });
});

describe('the variables of a login', () => {
  it('are one way or none', async () => {
    expect(await marathonCredentials({})).toBeUndefined();
    expect(await marathonCredentials({ SLIPWAY_MARATHON_TOKEN: '' })).toBeUndefined();
    expect(await marathonCredentials({ SLIPWAY_MARATHON_TOKEN: 't' })).toEqual({ token: new Secret('t') });
    expect(await failureOf(marathonCredentials({ SLIPWAY_MARATHON_TOKEN: 't', SLIPWAY_DCOS_UID: 'u' }))).toMatchObject({
      code: 'settings.invalid',
      candidates: ['SLIPWAY_MARATHON_TOKEN', 'SLIPWAY_DCOS_UID and SLIPWAY_DCOS_PRIVATE_KEY_FILE'],
    });
  });

  it('are whole', async () => {
    expect((await failureOf(marathonCredentials({ SLIPWAY_MARATHON_USER: 'me' }))).message).toBe(
      'SLIPWAY_MARATHON_USER is set without SLIPWAY_MARATHON_PASSWORD',
    );
    expect((await failureOf(marathonCredentials({ SLIPWAY_DCOS_PRIVATE_KEY_FILE: '/k' }))).message).toBe(
      'SLIPWAY_DCOS_PRIVATE_KEY_FILE is set without SLIPWAY_DCOS_UID',
    );
  });

  it('name masters as origins', () => {
    expect(leaderOrigins({})).toEqual([]);
    expect(leaderOrigins({ SLIPWAY_MARATHON_LEADERS: 'https://m1:8443/x, http://m2:8080' })).toEqual([
      'https://m1:8443',
      'http://m2:8080',
    ]);
    expect(() => leaderOrigins({ SLIPWAY_MARATHON_LEADERS: 'm1:8443' })).toThrow(
      "has 'm1:8443', which is not an http address",
    );
  });
});
