import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSourceTree } from '../../../src/io/source-tree.js';
import { springBoot } from '../../../src/projects/spring-boot/index.js';

const fixture = 'fixtures/projects/spring-boot-quotes';

test('the quotes service is detected as its expected file has it', () => {
  const detection = springBoot.detect(openSourceTree(fixture), {});
  const facts = Object.entries(detection?.facts ?? {}).map(([key, fact]) => [key, fact.value]);
  const expected: unknown = JSON.parse(readFileSync(join(fixture, 'expected/detection.json'), 'utf8'));
  expect({ kind: springBoot.name, name: detection?.name, facts: Object.fromEntries(facts) }).toEqual(expected);
});
