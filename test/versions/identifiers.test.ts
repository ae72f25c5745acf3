import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { branchIdentifier, isMovingName, tagOfVersion } from '../../src/versions/identifiers.js';

/** `reference.TagRegexp` of https://github.com/distribution/reference, anchored: Go's `\w` is ASCII. */
const grammar = /^[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}$/;
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom(...'ab1.-_+/#@ é機'), maxLength: 300 }),
);

/** The tag, or undefined where the text is refused. */
function tagOrNothing(text: string, end = ''): string | undefined {
  try {
    return tagOfVersion(text, end);
  } catch {
    return undefined;
  }
}

test.each([
  ['1.2.3', '1.2.3'],
  ['1.2.3+build.5', '1.2.3_build.5'],
  ['v/1', 'v-1-3dc05519'],
  ['--v1', 'v1-341e737e'],
  ['..v1', 'v1-09ff34b0'],
  ['v%$@!1', 'v----1-ea283fc6'],
  ['_x', '_x'],
  ['größe', 'gr--e-cd38f49a'],
])('%s is the tag %s', (version, tag) => {
  expect(tagOfVersion(version)).toBe(tag);
});

test.each(['', '---', '...', '/', '機能', 'latest', 'LATEST', '1', 'v1', '1.2', 'v1.2'])('%j is no tag', (version) => {
  expect(tagOrNothing(version)).toBeUndefined();
});

describe('whatever the version', () => {
  test('its tag is in the grammar, and no name of a moving tag', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const tag = tagOrNothing(text);
        if (tag === undefined) return /^[^0-9A-Za-z]*$/.test(text) || isMovingName(text.replace(/^[.-]+/, ''));
        return grammar.test(tag) && !isMovingName(tag);
      }),
      { numRuns: 2000 },
    );
  });

  test('what is a tag already stays as it is', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(grammar),
        (text) => isMovingName(text) || !/[0-9A-Za-z]/.test(text) || tagOfVersion(text) === text,
      ),
    );
  });

  test('two versions that look alike get two tags', () => {
    const alike = fc.string({ unit: fc.constantFrom(...'a/#-'), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(alike, alike, (one, other) => {
        const [first, second] = [tagOrNothing(`x${one}`), tagOrNothing(`x${other}`)];
        return one === other || first === undefined || first !== second;
      }),
      { numRuns: 2000 },
    );
  });

  test('what is cut at 128 keeps its end and tells two apart', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{119,200}$/), fc.stringMatching(/^[a-z]{119,200}$/), (one, other) => {
        const tags = [tagOfVersion(`${one}.ddeadbeef`, '.ddeadbeef'), tagOfVersion(`${other}.ddeadbeef`, '.ddeadbeef')];
        expect(tags.map((tag) => tag.length <= 128 && tag.endsWith('.ddeadbeef'))).toEqual([true, true]);
        expect(tags[0] === tags[1]).toBe(one === other);
      }),
    );
  });
});

describe('whatever the branch', () => {
  test('its identifier is one of SemVer, is not a number, and has at most 40 characters', () => {
    fc.assert(
      fc.property(anyText, fc.boolean(), (branch, apart) => {
        const identifier = branchIdentifier(branch, apart);
        return /^[0-9A-Za-z-]{1,40}$/.test(identifier) && !/^\d+$/.test(identifier) && !/^-|-$/.test(identifier);
      }),
      { numRuns: 2000 },
    );
  });

  test('kept apart, two branches have two identifiers', () => {
    const alike = fc.string({ unit: fc.constantFrom(...'ab/#-'), minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        alike,
        alike,
        (one, other) => one === other || branchIdentifier(one, true) !== branchIdentifier(other, true),
      ),
      { numRuns: 2000 },
    );
  });

  test('a name of 100 000 characters takes no time to speak of', () => {
    const start = performance.now();
    for (const unit of ['-', '/', 'a/', '-a', '\u0301']) branchIdentifier(`${unit.repeat(100_000)}/x`);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
