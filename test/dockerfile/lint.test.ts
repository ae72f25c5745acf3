import { describe, expect, it } from 'vitest';
import { lintDockerfile } from '../../src/dockerfile/lint.js';

const good = [
  'FROM debian:bookworm-slim AS build',
  'RUN ["make"]',
  'FROM gcr.io/distroless/static-debian12:nonroot',
  'LABEL org.opencontainers.image.title="a"',
  'LABEL "org.opencontainers.image.version"="1"',
  'COPY --from=build /out/app /app',
  'USER 65532:65532',
  'ENTRYPOINT ["/app"]',
];

/** The good file with one line replaced (or left out), as `rule:line` of what lint finds. */
function findingsWith(line: number, ...replacement: readonly string[]): readonly string[] {
  const lines = [...good.slice(0, line - 1), ...replacement, ...good.slice(line)];
  return lintDockerfile(lines.join('\n')).map((finding) => `${finding.rule}:${finding.line}`);
}

describe('lintDockerfile', () => {
  it('finds nothing in a good file', () => {
    expect(lintDockerfile(good.join('\n'))).toEqual([]);
  });

  it.each<readonly [title: string, expected: readonly string[], found: readonly string[]]>([
    ['a user by name', ['user-numeric:7'], findingsWith(7, 'USER nonroot')],
    ['root by number', ['user-numeric:7'], findingsWith(7, 'USER 0:1000')],
    ['no user in the final stage', ['user-numeric:3'], findingsWith(7)],
    ['a user that comes back as root', ['user-numeric:8'], findingsWith(7, 'USER 1', 'USER root')],
    ['an entry point in shell form', ['exec-form:8'], findingsWith(8, 'ENTRYPOINT /app')],
    ['no entry point', ['entrypoint:3'], findingsWith(8)],
    ['a base without a tag', ['base-tagged:1'], findingsWith(1, 'FROM debian AS build')],
    ['a base with latest', ['base-tagged:1'], findingsWith(1, 'FROM host:5000/debian:latest AS build')],
    ['a base with latest in an ARG', ['base-tagged:2'], findingsWith(1, 'ARG V=latest', 'FROM debian:$V AS build')],
    ['a base by digest', [], findingsWith(1, `FROM debian@sha256:${'0'.repeat(64)} AS build`)],
    ['an earlier stage as the base', [], findingsWith(2, 'FROM build AS more')],
    ['ADD of a URL', ['no-add-url:6'], findingsWith(6, 'ADD https://example.com/x /x')],
    ['a secret in ARG', ['no-secrets:2'], findingsWith(2, 'ARG NPM_TOKEN')],
    ['a secret in ENV', ['no-secrets:2'], findingsWith(2, 'ENV A=1 DB_PASSWORD=x')],
    ['a harmless name that resembles one', [], findingsWith(2, 'ENV TOKENIZERS_PARALLELISM=1 KEYBOARD=de')],
    ['a missing label', ['labels:3'], findingsWith(4)],
    [
      'apt-get that leaves its lists',
      ['no-package-cache:2'],
      findingsWith(2, 'RUN apt-get update && apt-get install -y x'),
    ],
    ['apt-get that tidies up', [], findingsWith(2, 'RUN apt-get install -y x && rm -rf /var/lib/apt/lists/*')],
    ['apk with its cache', ['no-package-cache:2'], findingsWith(2, 'RUN apk add x')],
    ['the whole context in the final stage', ['copy-whole-context:6'], findingsWith(6, 'COPY . /app')],
    ['a syntax directive', ['no-directive:1'], findingsWith(1, '# syntax=docker/dockerfile:1', good[0] ?? '')],
    ['a port that is none', ['expose-port:2'], findingsWith(2, 'EXPOSE 8080 99999')],
    ['ports in every form', [], findingsWith(2, 'EXPOSE 80 53/udp 7000-7010/tcp $PORT')],
    ['an unknown instruction', ['known-instruction:2'], findingsWith(2, 'MAINTAINER me')],
    ['an instruction before FROM', ['from-first:1'], findingsWith(1, 'RUN x', good[0] ?? '')],
    ['a here-document without end', ['syntax:1'], findingsWith(2, 'RUN <<EOF')],
  ])('judges %s', (_title, expected, found) => {
    expect(found).toEqual(expected);
  });

  it('asks an empty text for a FROM', () => {
    expect(lintDockerfile('').map(({ rule }) => rule)).toEqual(['from-first']);
  });
});
