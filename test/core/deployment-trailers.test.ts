import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deploymentMessage, outcomeNote, readRecord } from '../../src/core/deployment-trailers.js';

const commit = { commit: 'c'.repeat(40), at: '2024-02-03T04:05:06Z', author: 'A <a@example.com>' };
const template = 'production/web.yml';

/** The message's last block, as git itself reads it. */
function trailersOf(message: string): string {
  return execFileSync('git', ['interpret-trailers', '--parse', '--no-divider'], { input: message, encoding: 'utf8' });
}

describe('what a commit says of a deployment', () => {
  it('tells a person what changed, from which version to which and why, and a program the same', () => {
    const image = `registry.example.com/web:1.2.0@sha256:${'d'.repeat(64)}`;
    const message = deploymentMessage(
      {
        environment: 'production',
        service: 'web',
        version: '1.2.0',
        image,
        revision: 'a'.repeat(40),
        run: 'https://ci.example.com/7',
        pinned: true,
        rollbackOf: 'b'.repeat(40),
        because: 'Asked for by a person.',
        ended: { outcome: 'succeeded', evidence: '2/2 tasks running' },
      },
      template,
      'registry.example.com/web:1.3.0',
    );
    expect(message).toBe(`Roll back web to 1.2.0 in production

web goes from 1.3.0 to 1.2.0 in production/web.yml.
Asked for by a person.

    was:      registry.example.com/web:1.3.0
    is:       ${image}
    revision: ${'a'.repeat(40)}
    run:      https://ci.example.com/7

Slipway-Service: web
Slipway-Environment: production
Slipway-Template: production/web.yml
Slipway-Image: ${image}
Slipway-Version: 1.2.0
Slipway-Digest: sha256:${'d'.repeat(64)}
Slipway-Revision: ${'a'.repeat(40)}
Slipway-Run: https://ci.example.com/7
Slipway-Pinned: true
Slipway-Rollback-Of: ${'b'.repeat(40)}
Slipway-Outcome: succeeded
Slipway-Evidence: 2/2 tasks running
`);
    expect(readRecord(commit, trailersOf(message))).toEqual({
      ...commit,
      environment: 'production',
      service: 'web',
      template,
      version: '1.2.0',
      image,
      revision: 'a'.repeat(40),
      run: 'https://ci.example.com/7',
      pinned: true,
      rollbackOf: 'b'.repeat(40),
      outcome: 'succeeded',
      evidence: '2/2 tasks running',
    });
  });

  it('takes a later note for how it ended, and of a strange one nothing', () => {
    const message = deploymentMessage(
      { environment: 'e', service: 's', version: '1', image: 'a:1' },
      template,
      undefined,
    );
    const read = (note: string) => {
      const record = readRecord(commit, trailersOf(message), note);
      return [record?.outcome, record?.evidence];
    };
    expect(read(outcomeNote({ outcome: 'stuck', evidence: 'a\nSlipway-Outcome: succeeded' }, commit.at))).toEqual([
      'stuck',
      'a Slipway-Outcome: succeeded',
    ]);
    expect(read('Slipway-Outcome: wonderful\n')).toEqual([undefined, undefined]);
    expect(read('Seen by me\n\nSlipway-Outcome: unknown\n')).toEqual(['unknown', '']);
  });

  it('reads back whatever a service, a run or a reason is called', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
    const line = text
      .map((value) => value.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu, ' ').trim())
      .filter((value) => value !== '');
    const hostile = fc.oneof(
      line,
      fc.constantFrom('x: y', '#', '---', '(cherry picked from commit 1)', 'Slipway-Pinned: true'),
    );
    fc.assert(
      fc.property(hostile, hostile, text, fc.boolean(), (service, run, because, pinned) => {
        const message = deploymentMessage(
          { environment: 'test', service, version: '1', image: 'a:1', run, because, pinned },
          template,
          'a:0',
        );
        expect(readRecord(commit, trailersOf(message.replaceAll('\0', '')))).toEqual({
          ...commit,
          environment: 'test',
          service,
          template,
          version: '1',
          image: 'a:1',
          run,
          pinned,
        });
      }),
      { numRuns: 60 },
    );
  });
});
