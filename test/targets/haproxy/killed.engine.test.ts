import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace } from '../../support/cli.js';
import {
  type HaproxyHost,
  haproxyPrograms,
  openHaproxyHost,
  openServerImages,
  readyServers,
} from '../../support/haproxy-host.js';
import { type KillLane, killAtEveryStep } from '../../support/kill-at-every-step.js';

/** kill -9 at every effect of a replacement behind a real HAProxy: the service answers all the while, and the same command again ends it. */
const workspace = makeWorkspace();
const images = openServerImages();
const program = join('node_modules', '.cache', `haproxy-rollout-${process.pid}.mjs`);
/** A death after one effect leaves what a death before the next one does: where time is short, one of the two is enough. */
const isThorough = process.env.SLIPWAY_FIXTURES === 'all';
const moments = isThorough ? (['before', 'after'] as const) : (['before'] as const);
/** Questions, the lock's answers, and where time is short what is done to the new file before it takes the old one's place. */
const ignore = isThorough
  ? /^socket write (?:show |process )/
  : /^(?:socket write (?:show |process )|rm|open|write|chmod)/;

beforeAll(async () => {
  await build({
    entryPoints: ['test/support/haproxy-rollout-child.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
});
afterAll(async () => {
  await images.remove();
  rmSync(program, { force: true });
  workspace.remove();
});

describe.each(haproxyPrograms())(
  'a rollout behind HAProxy $version that is killed at every step',
  ({ program: haproxy, slots }) => {
    const hosts: HaproxyHost[] = [];
    let asking = true;
    const failed: string[] = [];

    afterAll(async () => {
      asking = false;
      await Promise.all(hosts.map((host) => host.remove()));
    });

    async function openLane(name: string): Promise<KillLane> {
      const host = await openHaproxyHost(name, { program: haproxy, slots: slots ? 2 : 0 });
      hosts.push(host);
      const [one, two] = [await images.image('one'), await images.image('two')];
      const jobFile = (image: string) => {
        const file = join(workspace.path, `${host.service}-${image === one ? 'one' : 'two'}.json`);
        writeFileSync(
          file,
          JSON.stringify({ service: host.service, template: host.template(image), image, undo: false }),
        );
        return file;
      };
      const first = jobFile(one);
      let watched: Promise<void> | undefined;
      let served = false;
      const watchAnswers = async () => {
        while (asking && served) {
          const answer = await fetch(host.url).then((got) => got.text(), String);
          if (served && answer !== 'one' && answer !== 'two') failed.push(`${name}: ${answer.slice(0, 60)}`);
          await new Promise((settle) => setTimeout(settle, 20));
        }
      };
      return {
        command: [program, jobFile(two)],
        reset: async () => {
          await host.reset();
          await promisify(execFile)(process.execPath, [program, first]);
          served = true;
          watched = watchAnswers();
        },
        expectSame: async () => {
          served = false;
          await watched;
          expect(failed).toEqual([]);
          const running = host.containers().filter((each) => each.running);
          const kept = host.containers().filter((each) => !each.running);
          expect([running.map((each) => each.image), kept.map((each) => each.image)]).toEqual([[two], [one]]);
          expect(await (await fetch(host.url)).text()).toBe('two');
          const lines = [...host.config().matchAll(/^ +server (\S+) (\S+:\d+) check (?!.* disabled)/gm)];
          expect(lines.map(([, server, address]) => `${server} ${address}`)).toEqual(await readyServers(host));
        },
      };
    }

    it('answers all the while, and ends as if nobody had killed it', { timeout: 1_800_000 }, async () => {
      const lanes = await Promise.all(['kill-a', 'kill-b', 'kill-c'].map(openLane));
      const killed = await killAtEveryStep(lanes, { ignore, moments });
      console.log(`HAProxy ${haproxy}: killed ${killed.length} times, and no request failed`);
      const effects = killed.map(({ effect }) => effect.replaceAll(/[0-9a-f]{64}/g, 'ID'));
      for (const expected of [
        /^http POST \/containers\/create/,
        /^http POST \/containers\/ID\/start/,
        /^http POST \/containers\/ID\/rename/,
        /^socket write set server .* state drain/,
        /^socket write set server .* state ready/,
        /^rename .*\.haproxy\.cfg\.slipway/,
        /^socket write set server .* state maint/,
        /^http POST \/containers\/ID\/stop/,
        slots ? /^socket write set server .* addr / : /^socket write add server /,
      ]) {
        expect(effects.some((effect) => expected.test(effect))).toBe(true);
      }
    });
  },
);
