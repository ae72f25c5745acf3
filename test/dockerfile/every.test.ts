import { validate } from 'dockerfile-utils';
import { beforeAll, describe, expect, it } from 'vitest';
import { lintDockerfile } from '../../src/dockerfile/index.js';
import { type Instruction, parseDockerfileWhole } from '../../src/dockerfile/parse.js';
import { readFixtures } from '../support/fixtures.js';
import { type Rendered, renderFixture } from '../support/rendered.js';

/** What every Dockerfile promises, of every fixture and in both forms: the packed one, and the standalone one. */
const fixtures = readFixtures().filter(({ refusal }) => refusal === undefined);
const forms = ['packed', 'standalone'] as const;

describe.each(fixtures.flatMap((fixture) => forms.map((form) => ({ fixture, name: fixture.name, form }))))(
  'the $form Dockerfile of $name',
  ({ fixture, form }) => {
    let rendered: Rendered;
    let text = '';
    let all: readonly Instruction[] = [];
    let final: readonly Instruction[] = [];
    const inFinal = (keyword: string) => final.filter((instruction) => instruction.keyword === keyword);

    beforeAll(async () => {
      rendered = await renderFixture(fixture);
      text = rendered[form];
      all = parseDockerfileWhole(text).instructions;
      final = all.slice(all.findLastIndex(({ keyword }) => keyword === 'FROM'));
    });

    it("has nothing that Docker's own rules or ours would send back", () => {
      expect(validate(text)).toEqual([]);
      const findings = lintDockerfile(text).map(({ rule, message }) => `${rule}: ${message}`);
      // A version is what a build adds: the committed file is the same for every commit.
      const expected =
        form === 'packed' ? [] : ['labels: The final stage has no label org.opencontainers.image.version.'];
      expect(findings).toEqual(expected);
    });

    it('is plain: every builder reads it, and it fetches no frontend', () => {
      const { directives } = parseDockerfileWhole(text);
      expect(directives).toEqual([]);
      expect(
        all
          .flatMap(({ flags }) => flags)
          .filter((flag) => !/^--(from|interval|timeout|start-period|retries)=/.test(flag)),
      ).toEqual([]);
    });

    it('names images with a version, and none but the builder and the base', () => {
      const images = all.filter(({ keyword }) => keyword === 'FROM').map(({ args }) => args.split(' ')[0]);
      const { builder, base } = rendered.recipe;
      const stagesOfBase = images.slice(form === 'packed' ? 0 : 1);
      expect(images.slice(0, images.length - stagesOfBase.length)).toEqual(form === 'packed' ? [] : [builder]);
      expect([...new Set(stagesOfBase)]).toEqual([base]);
      expect(images.filter((image) => !/:[\w.-]+$/.test(image ?? '') || image?.endsWith(':latest'))).toEqual([]);
    });

    it('ends as a numeric user other than root, with an argv that gets the stop signal', () => {
      expect(inFinal('USER').map(({ args }) => args)).toEqual([rendered.recipe.user]);
      expect(rendered.recipe.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
      expect(inFinal('ENTRYPOINT').map(({ json }) => json)).toEqual([rendered.recipe.entrypoint]);
      const { args } = rendered.recipe.data;
      expect(inFinal('CMD').map(({ json }) => json)).toEqual(Array.isArray(args) && args.length > 0 ? [args] : []);
    });

    it('exposes the port that is known, and has a HEALTHCHECK where the runtime can ask', () => {
      const { probe, healthcheck } = rendered.recipe;
      expect(inFinal('EXPOSE').map(({ args }) => args)).toEqual(probe === undefined ? [] : [String(probe.port)]);
      expect(inFinal('HEALTHCHECK').map(({ json }) => json)).toEqual(healthcheck === undefined ? [] : [healthcheck]);
    });

    it('only copies in the final stage, beside a link to where caches may be written, what changes with every commit after the files', () => {
      const { scratch } = rendered.recipe.data;
      expect(inFinal('RUN').map(({ json }) => json)).toEqual(scratch ? [['ln', '-s', '/tmp', scratch]] : []);
      expect(inFinal('ADD').concat(inFinal('ARG'))).toEqual([]);
      const keywords = final.map(({ keyword }) => keyword);
      expect(keywords.indexOf('LABEL')).toBeGreaterThan(keywords.lastIndexOf('COPY'));
      if (form === 'standalone')
        expect(inFinal('COPY').filter(({ flags }) => !flags.some((flag) => flag.startsWith('--from=')))).toEqual([]);
    });

    it('has the OCI labels of what is known', () => {
      const labels = inFinal('LABEL').map(({ args }) => /^org\.opencontainers\.image\.(\w+)=/.exec(args)?.[1]);
      expect(labels).toEqual(form === 'packed' ? ['title', 'version', 'revision', 'created'] : ['title']);
    });

    it('installs dependencies before it copies the sources, where it can', () => {
      const keywords = all.map(({ keyword, args }) => (keyword === 'COPY' && args === '. .' ? 'SOURCES' : keyword));
      const before = keywords.slice(0, Math.max(0, keywords.indexOf('SOURCES')));
      const runs = before.filter((keyword) => keyword === 'RUN');
      expect(runs).toHaveLength(form === 'standalone' ? (rendered.recipe.early?.steps ?? 0) : 0);
      if (runs.length > 0) expect(before.indexOf('COPY')).toBeLessThan(before.indexOf('RUN'));
    });
  },
);

it('there is a fixture of every kind to look at', async () => {
  const recipes = await Promise.all(fixtures.map(renderFixture));
  expect([...new Set(recipes.map(({ recipe }) => recipe.template))].toSorted()).toEqual(
    expect.arrayContaining(['go', 'node', 'spring-boot']),
  );
});
