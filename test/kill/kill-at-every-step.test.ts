import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace } from '../support/cli.js';
import { killAtEveryStep } from '../support/kill-at-every-step.js';

const workspace = makeWorkspace();
const seen: string[] = [];
let server: Server;

/** A program with one effect of each sort; reading and printing are none. */
const program = join(workspace.path, 'program.mjs');
beforeAll(async () => {
  server = createServer((request, reply) => {
    if (request.method !== 'GET') seen.push(`${request.method} ${request.url}`);
    request.resume();
    reply.end('ok');
  });
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeFileSync(
    program,
    `import { execFile } from 'node:child_process';
import { open, readFile, rename, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { promisify } from 'node:util';
const [directory] = process.argv.slice(2);
await readFile(import.meta.filename);
console.log('begins');
await (await fetch('${url}/read')).text();
await writeFile(directory + '/a.tmp', 'a');
await rename(directory + '/a.tmp', directory + '/a');
await promisify(execFile)('cp', [directory + '/a', directory + '/b']);
await (await fetch('${url}/fetch', { method: 'PUT', body: 'x' })).text();
await new Promise((settle) => request('${url}/request', { method: 'POST' }, (reply) => reply.resume().on('end', settle)).end('x'));
const handle = await open(directory + '/c', 'w');
await handle.writeFile('c');
await handle.close();
console.error('ends');
`,
  );
});
afterAll(() => {
  server.close();
  workspace.remove();
});

function lane(name: string) {
  const directory = join(workspace.path, name);
  return {
    command: [program, directory],
    reset: () => {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory);
    },
    expectSame: () => {
      expect(['a', 'b', 'c'].map((file) => readFileSync(join(directory, file), 'utf8'))).toEqual(['a', 'a', 'c']);
      expect(existsSync(join(directory, 'a.tmp'))).toBe(false);
    },
  };
}

describe('the harness that kills a program at every step', { timeout: 120_000 }, () => {
  it('kills it once before and once after each of its effects, and at nothing else', async () => {
    const killed = await killAtEveryStep(lane('one'));
    const directory = join(workspace.path, 'one');
    const effects = [
      `writeFile ${directory}/a.tmp`,
      `rename ${directory}/a.tmp`,
      `spawn cp ${directory}/a ${directory}/b`,
      'http PUT /fetch',
      'http POST /request',
      `open w ${directory}/c`,
      'writeFile to an open file',
    ];
    expect(killed).toEqual(
      effects.flatMap((effect, index) => [
        { step: index + 1, moment: 'before', effect },
        { step: index + 1, moment: 'after', effect },
      ]),
    );
  });

  it('has carried an effect out when it kills after it, and not begun it when it kills before', async () => {
    const at: Record<string, readonly [boolean, number]> = {};
    const one = lane('carried-out');
    seen.length = 0;
    await killAtEveryStep({
      ...one,
      rerun: ({ step, moment }) => {
        at[`${step} ${moment}`] = [existsSync(join(workspace.path, 'carried-out', 'b')), seen.length];
        writeFileSync(join(workspace.path, 'carried-out', 'a'), 'a');
        rmSync(join(workspace.path, 'carried-out', 'a.tmp'), { force: true });
        for (const [file, text] of Object.entries({ b: 'a', c: 'c' }))
          writeFileSync(join(workspace.path, 'carried-out', file), text);
        seen.length = 0;
      },
    });
    expect(at).toMatchObject({
      '3 before': [false, 0],
      '3 after': [true, 0],
      '4 before': [true, 0],
      '4 after': [true, 1],
      '5 before': [true, 1],
      '5 after': [true, 2],
    });
  });

  it('works through several lanes at the same time, and kills no step twice', async () => {
    const killed = await killAtEveryStep([lane('left'), lane('right')]);
    expect(killed.map(({ step, moment }) => `${step} ${moment}`).sort()).toEqual(
      [1, 2, 3, 4, 5, 6, 7].flatMap((step) => [`${step} after`, `${step} before`]),
    );
  });

  it('says at which effect the program died when the world is not the same afterwards', async () => {
    const one = lane('wrong');
    const sweep = killAtEveryStep({ ...one, rerun: () => {}, expectSame: () => expect('this').toBe('that') });
    await expect(sweep).rejects.toThrow(/^killed before effect 1 \(writeFile .*a\.tmp\): /);
  });

  it('gives up, and says why, where a program has too many effects', async () => {
    await expect(killAtEveryStep(lane('capped'), { cap: 2 })).rejects.toThrow('more than 2 effects');
  });

  it('does not count what it is told to ignore', async () => {
    const killed = await killAtEveryStep(lane('ignored'), { ignore: /^(?:http|spawn|open|rename)/ });
    expect(killed.map(({ effect }) => effect.split(' ')[0])).toEqual([
      'writeFile',
      'writeFile',
      'writeFile',
      'writeFile',
    ]);
  });
});
