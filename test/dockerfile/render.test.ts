import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/failure.js';
import type { Recipe } from '../../src/core/recipe.js';
import { lintDockerfile } from '../../src/dockerfile/lint.js';
import { type Instruction, parseDockerfile } from '../../src/dockerfile/parse.js';
import { renderRuntimeDockerfile, renderStandaloneDockerfile } from '../../src/dockerfile/render.js';
import type { DockerfileInput } from '../../src/dockerfile/template-data.js';
import { hostileText } from '../support/hostile-text.js';

const template = readFileSync('templates/go/Dockerfile.ejs', 'utf8');
const buildStage = readFileSync('templates/common/build-stage.ejs', 'utf8');

interface Values {
  readonly name: string;
  readonly label: string;
  readonly argument: string;
  readonly variable: string;
  readonly output: string;
  readonly title: string;
}

const plain: Values = { name: 'app', label: 'one', argument: 'x', variable: 'y', output: 'out/app', title: 'compile' };

function inputWith(values: Partial<Values>): DockerfileInput {
  const { name, label, argument, variable, output, title } = { ...plain, ...values };
  const recipe: Recipe = {
    builder: 'golang:1.26',
    base: 'gcr.io/distroless/static-debian12:nonroot',
    early: { files: ['go.mod', 'api/go.mod', 'go.su[m]'], steps: 1 },
    steps: [
      { title: 'download', argv: ['go', 'mod', 'download'] },
      { title, argv: ['go', 'build', argument] },
      { title: 'constant', script: ['[ -f "$HOME/x" ] || true', 'printf \'%s\' "a"'] },
    ],
    env: { VARIABLE: variable },
    caches: [{ name: 'go-mod', path: '/go/pkg/mod' }],
    outputs: [
      { from: output, to: 'app', type: 'file' },
      { from: 'static', to: 'static', type: 'directory', optional: true },
    ],
    entrypoint: ['/app', argument],
    template: 'go',
    user: '65532:65532',
    probe: { port: 6767 },
    mounts: [],
    data: { directories: [], files: [], args: [], environment: {}, stopSignal: '', static: true, note: name },
  };
  const labels = {
    'org.opencontainers.image.title': name,
    'org.opencontainers.image.version': label,
  };
  return { project: { kind: 'go', name, facts: {} }, recipe, labels };
}

/** The text, or undefined where the value was refused as hostile. Any other failure is one of the test. */
function renderedOrRefused(render: () => string): string | undefined {
  try {
    return render();
  } catch (error) {
    if (error instanceof Failure && error.code === 'detect.hostile') return undefined;
    throw error;
  }
}

function keywords(instructions: readonly Instruction[]): readonly string[] {
  return instructions.map(({ keyword }) => keyword);
}

function runs(text: string): readonly Instruction[] {
  return parseDockerfile(text).filter(({ keyword }) => keyword === 'RUN');
}

const hostileValues = fc.record(
  {
    name: hostileText,
    label: hostileText,
    argument: hostileText,
    variable: hostileText,
    output: hostileText,
    title: hostileText,
  },
  { requiredKeys: [] },
);

/** What a double-quoted word of a Dockerfile stands for. */
function unquote(word: string): string {
  return word.replace(/^"(.*)"$/s, '$1').replace(/\\([\\"$])/g, '$1');
}

describe('renderRuntimeDockerfile', () => {
  it('writes a lean Dockerfile that its own lint has nothing to say about', () => {
    const text = renderRuntimeDockerfile(template, inputWith({}));
    expect(text).toBe(
      [
        'FROM gcr.io/distroless/static-debian12:nonroot',
        'COPY app /app',
        'LABEL org.opencontainers.image.title="app"',
        'LABEL org.opencontainers.image.version="one"',
        'EXPOSE 6767',
        'USER 65532:65532',
        'ENTRYPOINT ["/app","x"]',
        '',
      ].join('\n'),
    );
    expect(lintDockerfile(text)).toEqual([]);
  });

  it('has the same instructions, and exactly the given argv, for every hostile value', () => {
    const expected = keywords(parseDockerfile(renderRuntimeDockerfile(template, inputWith({}))));
    fc.assert(
      fc.property(hostileValues, (values) => {
        const input = inputWith(values);
        const text = renderedOrRefused(() => renderRuntimeDockerfile(template, input));
        if (text === undefined) return;
        const instructions = parseDockerfile(text);
        expect(keywords(instructions)).toEqual(expected);
        expect(instructions.at(-1)?.json).toEqual(input.recipe.entrypoint);
        const label =
          instructions
            .find(({ keyword }) => keyword === 'LABEL')
            ?.args.slice('org.opencontainers.image.title='.length) ?? '';
        expect(unquote(label)).toBe(input.labels['org.opencontainers.image.title']);
      }),
      { numRuns: 600 },
    );
  });

  it('never refuses an argument: exec form holds them all', () => {
    fc.assert(
      fc.property(hostileText, (argument) => {
        const text = renderRuntimeDockerfile(template, inputWith({ argument }));
        expect(parseDockerfile(text).at(-1)?.json).toEqual(['/app', argument]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('renderStandaloneDockerfile', () => {
  it('puts the build before the same final stage', () => {
    const text = renderStandaloneDockerfile(template, buildStage, inputWith({}));
    const code = text
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .join('\n');
    expect(code).toBe(
      [
        '',
        'FROM golang:1.26 AS build',
        'WORKDIR /src',
        'ENV VARIABLE="y"',
        'COPY go.mod go.su[m] ./',
        'COPY api/go.mod ./api/',
        'RUN ["go","mod","download"]',
        'COPY . .',
        'RUN ["go","build","x"]',
        'RUN [ -f "$HOME/x" ] || true && \\',
        '    printf \'%s\' "a"',
        'RUN mkdir -p /out && \\',
        '    cp -a out/app /out/app && \\',
        '    if [ -e static ]; then cp -a static /out/static; else mkdir /out/static; fi',
        '',
        'FROM gcr.io/distroless/static-debian12:nonroot',
        'COPY --from=build /out/app /app',
        'LABEL org.opencontainers.image.title="app"',
        'LABEL org.opencontainers.image.version="one"',
        'EXPOSE 6767',
        'USER 65532:65532',
        'ENTRYPOINT ["/app","x"]',
        '',
      ].join('\n'),
    );
    expect(lintDockerfile(text)).toEqual([]);
  });

  it('has the same instructions, shell commands and argvs for every hostile value', () => {
    const scripts = runs(renderStandaloneDockerfile(template, buildStage, inputWith({}))).filter(({ json }) => !json);
    fc.assert(
      fc.property(hostileValues, (values) => {
        const input = inputWith(values);
        const text = renderedOrRefused(() => renderStandaloneDockerfile(template, buildStage, input));
        if (text === undefined) return;
        const output = values.output ?? 'out/app';
        const plainOutput = /^[\w.][\w./@+-]*$/.test(output);
        expect(keywords(parseDockerfile(text))).toEqual(
          'FROM WORKDIR ENV COPY COPY RUN COPY RUN RUN RUN'
            .split(' ')
            .concat(plainOutput ? [] : ['RUN'], 'FROM COPY LABEL LABEL EXPOSE USER ENTRYPOINT'.split(' ')),
        );
        const [download, build, script, gather, gatherOdd] = runs(text);
        expect(download?.json).toEqual(['go', 'mod', 'download']);
        expect(build?.json).toEqual(['go', 'build', values.argument ?? 'x']);
        expect(script?.args).toBe(scripts[0]?.args);
        const copied = plainOutput ? `cp -a ${output} /out/app && ` : '';
        expect(gather?.args.replace(/ +/g, ' ')).toBe(
          `mkdir -p /out && ${copied}if [ -e static ]; then cp -a static /out/static; else mkdir /out/static; fi`,
        );
        if (!plainOutput) expect(gatherOdd?.json?.slice(3)).toEqual(['gather', output, 'app']);
        expect(parseDockerfile(text).at(-1)?.json).toEqual(input.recipe.entrypoint);
      }),
      { numRuns: 400 },
    );
  });

  it('copies an output of any name with a shell that never reads the name', () => {
    const output = '$(touch pwned); "a" \n b';
    const gather = runs(renderStandaloneDockerfile(template, buildStage, inputWith({ output }))).at(-1);
    const place = mkdtempSync(join(tmpdir(), 'slipway-gather-'));
    const [command = '', ...rest] = (gather?.json ?? []).map((word) => word.replaceAll('/out/', `${place}/out/`));
    writeFileSync(join(place, output), 'x');
    expect(spawnSync(command, rest, { cwd: place, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(place).toSorted()).toEqual([output, 'out'].toSorted());
    expect(readdirSync(join(place, 'out'))).toEqual(['app']);
    rmSync(place, { recursive: true });
  });
});

describe("a project's own template", () => {
  const careless = [
    'FROM <%= it.image.base %>\nLABEL a=<%- it.project.name %>\nUSER 1\n',
    'FROM <%= it.image.base %>\nRUN echo <%- it.project.name %>\nUSER 1\n',
    'FROM <%= it.image.base %>\n# <%- it.project.name %>\nENTRYPOINT ["<%- it.project.name %>"]\n',
    'FROM <%= it.image.base %>\nCOPY <%- it.project.name %> /x\nUSER 1\n',
    'FROM <%= it.image.base %>\nENV A=<%- it.project.name %>\nCMD <%- it.project.name %>\n',
  ];
  it.each(careless)('that quotes carelessly still gets no instruction and no command from data: %j', (text) => {
    const benign = parseDockerfile(renderRuntimeDockerfile(text, inputWith({})));
    fc.assert(
      fc.property(hostileText, (name) => {
        const rendered = renderedOrRefused(() => renderRuntimeDockerfile(text, inputWith({ name })));
        if (rendered === undefined) return;
        const instructions = parseDockerfile(rendered);
        expect(keywords(instructions)).toEqual(keywords(benign));
        for (const { keyword, args, json } of instructions) {
          if ((keyword === 'RUN' || keyword === 'CMD') && !json) expect(args).toMatch(/^[A-Za-z0-9 ._/:@=+,~%-]*$/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a line break', 'x\nRUN touch /pwned'],
    ['a command substitution', '$(touch /pwned)'],
  ])('that puts %s into a shell command is refused, with its path', (_title, name) => {
    const text = 'FROM <%= it.image.base %>\nRUN echo <%- it.project.name %>\n';
    const input = { ...inputWith({ name }), templatePath: 'deploy/Dockerfile.ejs' };
    expect(() => renderRuntimeDockerfile(text, input)).toThrow(
      expect.objectContaining({ code: 'detect.hostile', where: 'deploy/Dockerfile.ejs' }),
    );
  });

  it.each([
    ['prints a value that is not there', 'FROM <%= it.image.nothing %>\n', 'a value to print is undefined'],
    ['does not end its code', 'FROM <%= it.image.base \n', 'Could not find matching close tag for "<%=".'],
    ['throws', 'FROM a:1\n<% it.none.x %>', "Cannot read properties of undefined (reading 'x')"],
    ['includes a file', `FROM a:1\n<%- include('/etc/passwd') %>`, 'a template cannot include files'],
    ['leaves a here-document open', 'FROM a:1\nRUN <<EOF\n', 'here-document EOF of line 2 never ends'],
  ])('that %s is a failure of the template', (_title, text, reason) => {
    expect(() => renderRuntimeDockerfile(text, inputWith({}))).toThrow(
      expect.objectContaining({
        code: 'detect.template',
        message: `The template does not make a Dockerfile: ${reason}`,
      }),
    );
  });

  it('is not HTML: quotes and ampersands stay as they are', () => {
    const text = 'FROM <%= it.image.base %>\nRUN a && b <%= it.quote("c\'d&") %>\n';
    expect(renderRuntimeDockerfile(text, inputWith({})).split('\n')[1]).toBe(`RUN a && b "c'd&"`);
  });
});

describe('the input of a Dockerfile', () => {
  it.each([
    ['base', { base: 'a:1\nRUN x' }],
    ['base', { base: 'alpine:3 AS evil' }],
    ['builder', { builder: '$(x)' }],
  ])('has a real image as its %s', (where, change) => {
    const input = inputWith({});
    const changed = { ...input, recipe: { ...input.recipe, ...change } };
    expect(() => renderRuntimeDockerfile(template, changed)).toThrow(
      expect.objectContaining({ code: 'settings.invalid', where }),
    );
  });

  it.each([
    ['user', { user: 'root' }],
    ['variable name', { env: { 'A B': 'x' } }],
    ['cache path', { caches: [{ name: 'x', path: '/x,type=bind' }] }],
  ])('has no %s that would be read as something else', (_title, change) => {
    const input = inputWith({});
    const changed = { ...input, recipe: { ...input.recipe, ...change } };
    expect(() => renderRuntimeDockerfile(template, changed)).toThrow(
      expect.objectContaining({ code: 'detect.hostile' }),
    );
  });
});
