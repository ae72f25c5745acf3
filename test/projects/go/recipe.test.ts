import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FactKey, type Facts, type FactValue, fact } from '../../../src/core/project.js';
import type { RecipeOptions } from '../../../src/core/recipe.js';
import { go } from '../../../src/projects/go/index.js';
import { hostileText } from '../../support/hostile-text.js';

const options: RecipeOptions = { platform: 'linux/amd64', version: '1.2.3' };

function recipeOf(values: Partial<Record<FactKey, FactValue>>, changed: Partial<RecipeOptions> = {}) {
  const facts: Facts = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, fact(value, { because: 'x' })]),
  );
  return go.recipe({ name: 'shop', facts }, { ...options, ...changed });
}

const plain = { 'go.version': '1.24', 'go.main': './cmd/shop', 'go.cgo': false };

describe('the recipe of a Go program', () => {
  it('compiles a static program and packs nothing else', () => {
    expect(recipeOf(plain)).toEqual({
      builder: 'golang:1.24',
      base: 'gcr.io/distroless/static-debian12:nonroot',
      early: { files: ['go.mod', 'go.su[m]'], steps: 1 },
      steps: [
        { title: 'Download the modules', argv: ['go', 'mod', 'download'] },
        {
          title: 'Compile the program',
          argv: [
            'go',
            'build',
            '-trimpath',
            '-buildvcs=false',
            '-ldflags',
            '-s -w',
            '-o',
            '.slipway/app',
            './cmd/shop',
          ],
        },
      ],
      env: { CGO_ENABLED: '0', GOOS: 'linux', GOARCH: 'amd64' },
      caches: [
        { name: 'go-mod', path: '/go/pkg/mod' },
        { name: 'go-build', path: '/root/.cache/go-build' },
      ],
      outputs: [{ from: '.slipway/app', to: 'app', type: 'file' }],
      entrypoint: ['/app'],
      template: 'go',
      user: '65532:65532',
      mounts: ['netrc', 'go-env', 'ca'],
      data: {
        static: true,
        directories: [],
        files: [],
        args: [],
        environment: {},
        stopSignal: '',
        dockerignore: ['.slipway', '**/*.test', '**/coverage.out'],
      },
    });
  });

  it('links a cgo program with the C library that its base has', () => {
    const { builder, base, env, data } = recipeOf({ ...plain, 'go.cgo': true });
    expect([builder, base, env.CGO_ENABLED, data.static]).toEqual([
      'golang:1.24-bookworm',
      'gcr.io/distroless/cc-debian12:nonroot',
      '1',
      false,
    ]);
    expect(recipeOf({ ...plain, 'go.cgo': true, 'go.version': '1.18' }).builder).toBe('golang:1.18-bullseye');
  });

  it('takes builder, base and platform from the settings', () => {
    const { builder, base, env } = recipeOf(plain, { builder: 'b:1', base: 'c:2', platform: 'linux/arm/v7' });
    expect([builder, base, env]).toEqual([
      'b:1',
      'c:2',
      { CGO_ENABLED: '0', GOOS: 'linux', GOARCH: 'arm', GOARM: '7' },
    ]);
  });

  it('refuses a platform without Linux', () => {
    expect(() => recipeOf(plain, { platform: 'windows/amd64' })).toThrow(
      expect.objectContaining({ code: 'detect.unsupported' }),
    );
  });

  it('downloads nothing for vendored modules, and by all files that name modules for several', () => {
    expect(recipeOf({ ...plain, 'go.vendored': true }).steps.map(({ title }) => title)).toEqual([
      'Compile the program',
    ]);
    expect(recipeOf({ ...plain, 'go.vendored': true }).early).toBe(undefined);
    const several = { ...plain, 'go.local-modules': ['lib'], 'go.module-files': ['go.mod', 'go.work', 'lib/go.mod'] };
    expect(recipeOf(several).early).toEqual({ files: ['go.mod', 'go.work', 'lib/go.mod'], steps: 1 });
  });

  it('lets go write a missing go.sum, which needs all sources', () => {
    const { early, steps } = recipeOf({ ...plain, 'go.checksums': 'missing' });
    expect([early, steps[0]]).toEqual([
      undefined,
      { title: 'Download the modules, and write the missing go.sum', argv: ['go', 'mod', 'download', 'all'] },
    ]);
  });

  it('builds a nested module in its own directory, without the workspace around it', () => {
    const { steps, env } = recipeOf({ ...plain, 'go.module': 'apps/api', 'go.main': './apps/api/cmd/x' });
    expect(steps.map((step) => ('argv' in step ? step.argv : []))).toEqual([
      ['go', '-C', 'apps/api', 'mod', 'download'],
      [
        ...['go', '-C', 'apps/api', 'build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w'],
        ...['-o', '../../.slipway/app', './cmd/x'],
      ],
    ]);
    expect(env.GOWORK).toBe('off');
    const [, whole] = recipeOf({ ...plain, 'go.module': 'api', 'go.main': './api' }).steps;
    expect(whole).toMatchObject({ argv: expect.arrayContaining(['../.slipway/app', '.']) });
  });

  it('leaves out a flag that an older go does not know', () => {
    const [, build] = recipeOf({ ...plain, 'go.version': '1.17' }).steps;
    expect(build).toMatchObject({ argv: expect.not.arrayContaining(['-buildvcs=false']) });
  });

  it('refuses cgo on another platform than the builder, unless a person names a builder', () => {
    const cgo = { ...plain, 'go.cgo': true };
    expect(() => recipeOf(cgo, { platform: 'linux/arm64' })).toThrow(
      expect.objectContaining({ code: 'detect.unsupported', where: 'image.platform' }),
    );
    expect(recipeOf(cgo, { platform: 'linux/arm64', builder: 'cross:1' }).env.GOARCH).toBe('arm64');
  });

  it('gives the template the arguments, the environment and the stop signal of the program', () => {
    const { data } = recipeOf({
      ...plain,
      port: '8080',
      'go.port-variable': 'PORT',
      'go.args': ['serve'],
      'go.stop-signal': 'SIGINT',
    });
    expect([data.args, data.environment, data.stopSignal]).toEqual([['serve'], { PORT: '8080' }, 'SIGINT']);
  });

  it('packs files and directories as the program sees them from its working directory', () => {
    const { outputs } = recipeOf({
      ...plain,
      'go.working-directory': 'cmd/shop',
      'go.directories': ['static'],
      'go.files': ['config/app.yaml'],
    });
    expect(outputs.slice(1)).toEqual([
      { from: 'cmd/shop/static', to: 'static', type: 'directory', optional: true },
      { from: 'cmd/shop/config/app.yaml', to: 'config/app.yaml', type: 'file' },
    ]);
  });

  it('packs the directories that the program opens, present or not', () => {
    const { outputs, data } = recipeOf({ ...plain, 'go.directories': ['static', 'templates'] });
    expect(outputs.slice(1)).toEqual([
      { from: 'static', to: 'static', type: 'directory', optional: true },
      { from: 'templates', to: 'templates', type: 'directory', optional: true },
    ]);
    expect(data.directories).toEqual(['static', 'templates']);
  });

  it('probes the port, by its health path where there is one', () => {
    expect(recipeOf({ ...plain, port: '6767' }).probe).toEqual({ port: 6767 });
    expect(recipeOf({ ...plain, port: '6767', health: '/health' }).probe).toEqual({ port: 6767, path: '/health' });
    expect(recipeOf({ ...plain, health: '/health' }).probe).toBe(undefined);
  });

  const stamped = { ...plain, 'go.version-variable': 'main.version' };

  it('stamps the version where a variable waits for it', () => {
    const [, build] = recipeOf(stamped, { version: '1.2.4-main.3.gabc+x' }).steps;
    expect(build).toMatchObject({ argv: expect.arrayContaining(['-s -w -X main.version=1.2.4-main.3.gabc+x']) });
  });

  it('never lets a version become flags of the linker', () => {
    fc.assert(
      fc.property(hostileText, (version) => {
        if (/^[0-9A-Za-z.+_-]+$/.test(version)) return;
        expect(() => recipeOf(stamped, { version })).toThrow(expect.objectContaining({ code: 'detect.hostile' }));
      }),
    );
  });
});
