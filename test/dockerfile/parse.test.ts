import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDockerfile, parseDockerfileWhole } from '../../src/dockerfile/parse.js';
import { quoteJson } from '../../src/dockerfile/quote.js';

/** Instructions without what the case is not about. */
function brief(text: string): readonly unknown[] {
  return parseDockerfile(text).map(({ keyword, flags, args, json, line }) => ({
    line,
    keyword,
    ...(flags.length > 0 && { flags }),
    ...(json ? { json } : { args }),
  }));
}

describe('parseDockerfile', () => {
  const cases: readonly (readonly [title: string, text: string, expected: readonly unknown[]])[] = [
    [
      'takes keywords in any case and lines with CRLF',
      'from a:1\r\nUser 1\r\n',
      [
        { line: 1, keyword: 'FROM', args: 'a:1' },
        { line: 2, keyword: 'USER', args: '1' },
      ],
    ],
    [
      'keeps spaces inside the texts of an exec form',
      'CMD ["sh", "-c", "exec java  X"]',
      [{ line: 1, keyword: 'CMD', json: ['sh', '-c', 'exec java  X'] }],
    ],
    [
      'joins continued lines, over comments and empty lines',
      'RUN a && \\\n  # why\n\n  b \\  \n  c\nUSER 1',
      [
        { line: 1, keyword: 'RUN', args: 'a &&   b   c' },
        { line: 6, keyword: 'USER', args: '1' },
      ],
    ],
    [
      'does not continue a line that ends with an escaped backslash',
      'LABEL a=b\\\\\nUSER 1',
      [
        { line: 1, keyword: 'LABEL', args: 'a=b\\\\' },
        { line: 2, keyword: 'USER', args: '1' },
      ],
    ],
    [
      'obeys the escape directive',
      '# escape=`\nRUN a `\n b\nRUN c \\\nUSER 1',
      [
        { line: 2, keyword: 'RUN', args: 'a  b' },
        { line: 4, keyword: 'RUN', args: 'c \\' },
        { line: 5, keyword: 'USER', args: '1' },
      ],
    ],
    [
      'reads flags before the arguments, quoted ones whole',
      'RUN --mount=type=cache,target=/x --network="a b" ["x"]',
      [{ line: 1, keyword: 'RUN', flags: ['--mount=type=cache,target=/x', '--network="a b"'], json: ['x'] }],
    ],
    [
      'reads flags on lines of their own',
      'RUN --mount=type=cache,target=/x \\\n    ["go","build"]',
      [{ line: 1, keyword: 'RUN', flags: ['--mount=type=cache,target=/x'], json: ['go', 'build'] }],
    ],
    [
      'finds the exec form of a health check',
      'HEALTHCHECK --interval=5s CMD ["/probe"]',
      [{ line: 1, keyword: 'HEALTHCHECK', flags: ['--interval=5s'], json: ['/probe'] }],
    ],
    ['takes a broken list for shell form', 'CMD ["a", b]', [{ line: 1, keyword: 'CMD', args: '["a", b]' }]],
    ['takes a list of numbers for shell form', 'CMD [1]', [{ line: 1, keyword: 'CMD', args: '[1]' }]],
    [
      'does not read a here-document in a quoted word',
      'RUN echo "<<EOF"\nUSER 1',
      [
        { line: 1, keyword: 'RUN', args: 'echo "<<EOF"' },
        { line: 2, keyword: 'USER', args: '1' },
      ],
    ],
    [
      'does not read a here-document where an instruction has none',
      'LABEL a=<<EOF\nUSER 1',
      [
        { line: 1, keyword: 'LABEL', args: 'a=<<EOF' },
        { line: 2, keyword: 'USER', args: '1' },
      ],
    ],
    [
      'ignores a byte order mark, comments and empty lines',
      '\uFEFF# hello\n\n  FROM a:1\n',
      [{ line: 3, keyword: 'FROM', args: 'a:1' }],
    ],
  ];
  it.each(cases)('%s', (_title, text, expected) => {
    expect(brief(text)).toEqual(expected);
  });

  it('takes the lines of a here-document for text, not for instructions', () => {
    const [run, user] = parseDockerfile('RUN <<-A cat <<B\n\tFROM x\n\tA\nUSER root\nB\nUSER 1\n');
    expect(run?.heredocs).toEqual([
      { name: 'A', text: 'FROM x\n' },
      { name: 'B', text: 'USER root\n' },
    ]);
    expect(user).toMatchObject({ keyword: 'USER', args: '1', line: 6 });
  });

  it('refuses a here-document that never ends, with its line', () => {
    expect(() => parseDockerfile('FROM a:1\nRUN <<EOF\necho')).toThrow(
      new SyntaxError('here-document EOF of line 2 never ends'),
    );
  });

  it('lists directives only where they count', () => {
    expect(parseDockerfileWhole('# syntax=docker/dockerfile:1\n# hello\n# escape=`\nFROM a:1').directives).toEqual([
      { name: 'syntax', value: 'docker/dockerfile:1', line: 1 },
    ]);
  });

  it('reads back every exec form that quoteJson wrote', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'))), (argv) => {
        const parsed = parseDockerfile(`FROM a:1\nENTRYPOINT ${quoteJson(argv)}\nUSER 1\n`);
        expect(parsed.map(({ keyword }) => keyword)).toEqual(['FROM', 'ENTRYPOINT', 'USER']);
        expect(parsed[1]?.json).toEqual(argv);
      }),
    );
  });
});
