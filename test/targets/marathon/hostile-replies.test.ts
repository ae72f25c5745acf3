import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/failure.js';
import { type MarathonStandIn, startMarathonStandIn } from '../../support/marathon/server.js';
import { first, siteOf, webApp } from '../../support/marathon-site.js';

let marathon: MarathonStandIn;
beforeAll(async () => {
  marathon = await startMarathonStandIn();
});
afterAll(() => marathon.close());

/** JSON with the keys that a Marathon's replies have, and values that they have not. */
const reply = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.string(),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(
    fc.constantFrom(
      'app',
      'id',
      'version',
      'instances',
      'tasks',
      'deployments',
      'spec',
      'queue',
      'healthChecks',
      'steps',
      'message',
      'container',
      'host',
      '__proto__',
    ),
    tie('value'),
    { maxKeys: 6 },
  ),
})).value;

describe('a Marathon that answers anything', () => {
  it('makes every look a result or a failure with a code of its own', async () => {
    await fc.assert(
      fc.asyncProperty(reply, fc.constantFrom(200, 201, 301, 400, 404, 409, 418, 422, 500), async (body, status) => {
        marathon.arm(/./, { status, body }, 20);
        const { orchestrator, job, context } = siteOf(marathon, webApp(first), first);
        for (const ask of [
          () => orchestrator.observe?.(job.plan, job.template, context),
          () => orchestrator.preview?.(job, context),
          () => orchestrator.apply(job, context),
        ]) {
          const ended = await Promise.resolve(ask()).catch((error: unknown) => error);
          if (ended instanceof Error) {
            expect(ended).toBeInstanceOf(Failure);
            expect((ended as Failure).exitCode).toBeGreaterThanOrEqual(55);
            expect((ended as Failure).exitCode).toBeLessThanOrEqual(59);
          }
        }
        marathon.disarm();
      }),
      { numRuns: 60 },
    );
  });
});
