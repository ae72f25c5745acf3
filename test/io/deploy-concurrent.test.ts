import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { deployProgram } from '../support/deploy-program.js';
import { makeRemote, openRemote } from '../support/deploy-remote.js';
import { git, makeDirectory } from './repository.js';

const program = deployProgram();

interface Ended {
  readonly status: number;
  readonly commit?: string;
  readonly retries?: number;
  readonly milliseconds?: number;
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

describe('many pipelines on one deploy repository', () => {
  it('lands all of fifty that start at the same time, each as one commit of one service with its note', {
    timeout: 120_000,
  }, async () => {
    const services = Array.from({ length: 50 }, (_, index) => `service-${index}`);
    const file = (version: string) => services.map((name) => `${name}: { image: ${name}:${version} }\r\n`).join('');
    const { remote } = makeRemote({ 'test/all.yml': file('1') });
    const start = performance.now();
    const ended = await Promise.all(services.map((name) => runPipeline(`file://${remote}`, 'test/all.yml', name, '2')));
    console.log(Math.round(performance.now() - start), JSON.stringify(ended.map((e) => [e.retries, e.milliseconds])));
    expect(ended.filter(({ status }) => status !== 0)).toEqual([]);
    expect(git(remote, 'show', 'main:test/all.yml')).toBe(file('2').trim());
    const store = await openRemote(remote);
    const records = await store.history({ environment: 'test', limit: 99 });
    const seen = records.map(({ service, commit, outcome, evidence }) => ({ service, commit, outcome, evidence }));
    const wanted = services.map((service, index) => ({
      service,
      commit: ended[index]?.commit,
      outcome: 'succeeded',
      evidence: `${service} runs`,
    }));
    const byName = (left: { service: string }, right: { service: string }) => left.service.localeCompare(right.service);
    expect(seen.sort(byName)).toEqual(wanted.sort(byName));
    expect(git(remote, 'rev-list', '--count', 'main')).toBe('51');
    expect(
      git(
        remote,
        'log',
        '--format=',
        '--numstat',
        'main',
        '--not',
        git(remote, 'rev-list', '--max-parents=0', 'main'),
      ).split('\n'),
    ).toEqual(services.map(() => '1\t1\ttest/all.yml'));
  });
});
