import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { deployProgram } from '../support/deploy-program.js';
import { makeRemote, openRemote } from '../support/deploy-remote.js';
import { serveRepository } from '../support/git-http.js';
import { git, makeDirectory } from './repository.js';

const program = deployProgram();

interface Ended {
  readonly status: number;
  readonly commit?: string;
  readonly code?: string;
  readonly message?: string;
}

/** One pipeline, as a process of its own. */
function runPipeline(url: string, path: string, service: string, version: string): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [program, url, makeDirectory(), path, service, version],
      (_error, stdout, stderr) => {
        resolve({ ...JSON.parse(stdout || JSON.stringify({ message: stderr })), status: child.exitCode ?? -1 });
      },
    );
  });
}

/** As many pipelines as services at the same time; all land, none is lost. */
async function deployAtOnce(count: number, prepare: (remote: string) => Promise<string>): Promise<void> {
  const services = Array.from({ length: count }, (_, index) => `service-${index}`);
  const file = (version: string) => services.map((name) => `${name}: { image: ${name}:${version} }\r\n`).join('');
  const { remote } = makeRemote({ 'test/all.yml': file('1') });
  const url = await prepare(remote);
  const ended = await Promise.all(services.map((name) => runPipeline(url, 'test/all.yml', name, '2')));
  expect(ended.filter(({ status }) => status !== 0)).toEqual([]);
  expect(git(remote, 'show', 'main:test/all.yml')).toBe(file('2').trim());
  expect(git(remote, 'rev-list', '--count', 'main')).toBe(String(count + 1));
  const first = git(remote, 'rev-list', '--max-parents=0', 'main');
  const changes = git(remote, 'log', '--format=', '--numstat', 'main', '--not', first).split('\n');
  expect(changes).toEqual(services.map(() => '1\t1\ttest/all.yml'));
  const records = await (await openRemote(remote)).history({ environment: 'test', limit: 999 });
  const seen = records.map(({ service, commit, outcome, evidence }) => ({ service, commit, outcome, evidence }));
  const wanted = services.map((service, index) => ({
    service,
    commit: ended[index]?.commit,
    outcome: 'succeeded',
    evidence: `${service} runs`,
  }));
  const byName = (left: { service: string }, right: { service: string }) => left.service.localeCompare(right.service);
  expect(seen.sort(byName)).toEqual(wanted.sort(byName));
}

describe('many pipelines on one deploy repository', () => {
  it('lands all of fifty that start at the same time, each as one commit of one service with its note', {
    timeout: 600_000,
  }, async () => {
    await deployAtOnce(50, async (remote) => `file://${remote}`);
  });

  it('lands all of ten over HTTP', { timeout: 240_000 }, async () => {
    await deployAtOnce(10, serveRepository);
  });
});
