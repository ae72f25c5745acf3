import { describe, expect, test } from 'vitest';
import { node } from '../../../src/projects/node/index.js';
import { memoryTree } from '../../support/memory-tree.js';

function detect(files: Record<string, string>) {
  return node.detect(memoryTree(files), {});
}

function failureOf(files: Record<string, string>): unknown {
  try {
    return detect(files);
  } catch (error) {
    const { code, where, candidates } = error as { code: string; where: string; candidates: readonly string[] };
    return candidates === undefined ? { code, where } : { code, where, candidates };
  }
}

const service = { 'package.json': '{"scripts":{"start":"node server.js"},"dependencies":{"express":"4"}}' };

describe('the port is found where it is written', () => {
  test.each([
    ['app.listen(3100);', '3100', 1],
    ['\nconst port = Number(process.env.PORT || 3200);', '3200', 2],
    ["const port = process.env['PORT'] ?? '3300';", '3300', 1],
    ['const { PORT = 3400 } = process.env;', '3400', 1],
    ['const port = Number(process.env.PORT) || 3410;', '3410', 1],
    ['const port = parseInt(process.env.PORT, 10) || 3420;', '3420', 1],
    ['serve({ fetch: app.fetch, port: 3500 });', '3500', 1],
    ['const port: number = 3600;\napp.listen(port);', '3600', 1],
    ['app.listen({ host: "::", port: 3700 });', '3700', 1],
    ['// app.listen(1111)\nconst url = "http://x"; app.listen(3800, go);', '3800', 2],
    ['const db = 5432; app.listen(process.env.PORT || 3900)', '3900', 1],
  ])('%j', (text, port, line) => {
    const fact = detect({ ...service, 'server.js': text })?.facts.port;
    expect([fact?.value, fact?.from[0]?.file, fact?.from[0]?.line]).toEqual([port, 'server.js', line]);
  });

  test('two different numbers are no answer', () => {
    expect(detect({ ...service, 'server.js': 'a.listen(3000); b.listen(4000);' })?.facts.port).toBeUndefined();
  });

  test('the default of PORT goes before a literal', () => {
    expect(
      detect({ ...service, 'server.js': 'x.listen(9229); y.listen(process.env.PORT || 3000)' })?.facts.port,
    ).toEqual({
      value: '3000',
      from: [{ file: 'server.js', line: 1, because: 'the default of PORT' }],
      rejected: [{ value: '9229', file: 'server.js', line: 1, because: 'a literal that is listened on' }],
    });
  });

  test('PORT without a default gets one, since the image sets it', () => {
    const facts = detect({ ...service, 'server.js': 'app.listen(process.env.PORT)' })?.facts ?? {};
    expect(facts.port?.value).toBe('3000');
    const recipe = node.recipe({ name: 'x', facts }, { platform: 'linux/amd64', version: '1' });
    expect(recipe.data.env).toEqual({ NODE_ENV: 'production', PORT: '3000' });
  });

  test('a TypeScript runner that is a run-time dependency starts the source', () => {
    const manifest = '{"scripts":{"start":"tsx src/x.ts"},"dependencies":{"tsx":"4"}}';
    const facts = detect({ 'package.json': manifest, 'src/x.ts': 'app.listen(4300)' })?.facts;
    expect([facts?.['node.start']?.value, facts?.port?.value]).toEqual([['node_modules/.bin/tsx', 'src/x.ts'], '4300']);
  });

  test('a port out of range or none at all stays unknown', () => {
    expect(detect({ ...service, 'server.js': 'app.listen(99999)' })?.facts.port).toBeUndefined();
    expect(detect({ ...service, 'server.js': '' })?.facts.port).toBeUndefined();
  });

  test('the source of a compiled start file is found by tsconfig, and its imports are read', () => {
    const files = {
      'package.json': '{"scripts":{"build":"tsc","start":"node out/main.js"}}',
      'tsconfig.json': '{ /* own folders */ "compilerOptions": { "outDir": "./out", "rootDir": "code", }, }',
      'code/main.ts': "import { app } from './app.js';\nimport '../../../etc/passwd';",
      'code/app.ts': 'app.get("/healthz", ok);\napp.listen(process.env.PORT ?? 3000);',
    };
    const facts = detect(files)?.facts;
    expect([facts?.port?.from, facts?.health]).toEqual([
      [{ file: 'code/app.ts', line: 2, because: 'the default of PORT' }],
      {
        value: '/healthz',
        from: [{ file: 'code/app.ts', line: 1, because: 'a route answers on /healthz' }],
        rejected: [],
      },
    ]);
  });
});

describe('the health path is a literal route', () => {
  test.each([
    ["app.get('/health', h)", '/health'],
    ["app.get<{ Params: X }>('/healthz', h)", '/healthz'],
    ["if (req.url === '/health') ok()", '/health'],
    ["switch (url.pathname) { case '/livez': break }", '/livez'],
    ["app.route({ method: 'GET', url: '/health', handler })", '/health'],
    ["app.get('/healthz', a); app.get('/health', b)", '/health'],
    ["router.get('/health', h)", undefined],
    ["axios.get('/health')", undefined],
    ["// app.get('/health')", undefined],
    ["app.get('/' + name)", undefined],
  ])('%s', (text, path) => {
    expect(detect({ ...service, 'server.js': text })?.facts.health?.value).toBe(path);
  });

  test('a Nest controller answers below the global prefix', () => {
    const files = {
      'package.json':
        '{"scripts":{"build":"nest build","start:prod":"node dist/main"},"dependencies":{"@nestjs/core":"11"}}',
      'src/main.ts': "import { H } from './health.controller';\napp.setGlobalPrefix('api');\nawait app.listen(3000);",
      'src/health.controller.ts': "@Controller('health')\nexport class H {\n  @Get()\n  check() {}\n}",
    };
    expect(detect(files)?.facts.health).toEqual({
      value: '/api/health',
      from: [{ file: 'src/health.controller.ts', line: 3, because: 'a route answers on /api/health' }],
      rejected: [],
    });
  });

  test('under a prefix that stands elsewhere the path is unknown', () => {
    const files = {
      'server.js': "import './routes.js'; app.register(r, { prefix: '/v1' })",
      'routes.js': "app.get('/health')",
    };
    expect(detect({ ...service, ...files })?.facts.health).toBeUndefined();
  });
});

describe('the name', () => {
  test('is the package name without its scope, else the directory', () => {
    expect(detect({ 'index.js': '', 'package.json': '{"name":"@acme/api"}' })?.name).toBe('api');
    expect(detect({ 'index.js': '', 'package.json': '{"name":7}' })?.name).toBe('project');
    expect(detect({ 'index.js': '', 'package.json': '{"name":"a\\nRUN id"}' })?.name).toBe('project');
  });
});

describe('a manifest that is none is refused with its place', () => {
  test.each(['', '[]', 'null', '"x"', '{', '{"a":1,}', '// x\n{}', '{"a":'.repeat(50), '['.repeat(200_000)])(
    '%.20j',
    (text) => {
      expect(failureOf({ 'package.json': text, 'index.js': '' })).toEqual({
        code: 'detect.unreadable',
        where: 'package.json',
      });
    },
  );
});

test('members of a wrong type are as if they were not there', () => {
  const manifest = {
    name: [],
    scripts: ['start'],
    dependencies: 'express',
    engines: [],
    volta: 3,
    devEngines: 'x',
    main: {},
  };
  const more = { packageManager: 1, workspaces: 'x', bin: [1], devDependencies: null };
  const facts = detect({ 'server.js': '', 'package.json': JSON.stringify({ ...manifest, ...more }) })?.facts;
  expect([facts?.['node.start']?.value, facts?.['node.version']?.value]).toEqual([['node', 'server.js'], '24']);
});

test('of a key that is there twice the last wins, as in node itself', () => {
  const text = '{"scripts":{"start":"node a.js"},\r\n"scripts":{"start":"node b.js"}}';
  const start = detect({ 'package.json': text, 'a.js': '', 'b.js': '' })?.facts['node.start'];
  expect([start?.value, start?.from[0]?.line]).toEqual([['node', 'b.js'], 2]);
});

describe('beside another kind', () => {
  test('a front end is secondary, a service is not', () => {
    const site = {
      'package.json': '{"scripts":{"build":"vite build"},"devDependencies":{"vite":"6"}}',
      'index.html': '',
    };
    expect(detect({ ...site, 'go.mod': 'module x' })?.claim).toBe('secondary');
    expect(detect(site)?.claim).toBe('primary');
    expect(detect({ ...service, 'server.js': '', 'go.mod': 'module x' })?.claim).toBe('primary');
  });

  test('the trouble of a helper is not the trouble of the project', () => {
    for (const text of ['{"devDependencies":{"prettier":"3"}}', '{{{']) {
      const detection = detect({ 'package.json': text, 'pom.xml': '<project/>' });
      expect([detection?.claim, detection?.facts]).toEqual(['secondary', {}]);
    }
  });
});

describe('workspaces', () => {
  const api = '{"scripts":{"build":"tsc","start":"node dist/x.js"},"dependencies":{"express":"4"}}';
  const root = '{\n"private":true,\n"workspaces":["apps/*","packages/*"]}';

  test('several services are listed', () => {
    const files = {
      'apps/a/package.json': api,
      'apps/b/package.json': api,
      'packages/lib/package.json': '{"main":"x/y.js"}',
    };
    expect(failureOf({ 'package.json': root, ...files })).toEqual({
      code: 'detect.ambiguous',
      where: 'package.json:3',
      candidates: ['apps/a', 'apps/b'],
    });
  });

  test('pnpm-workspace.yaml and the packages form are read too', () => {
    const files = { 'apps/a/package.json': api, 'apps/b/package.json': api };
    const candidates = ['apps/a', 'apps/b'];
    expect(
      failureOf({ 'package.json': '{}', 'pnpm-workspace.yaml': "packages:\n  - 'apps/*'\n", ...files }),
    ).toMatchObject({ code: 'detect.ambiguous', candidates });
    expect(failureOf({ 'package.json': '{"workspaces":{"packages":["apps/**"]}}', ...files })).toMatchObject({
      code: 'detect.ambiguous',
      candidates,
    });
  });

  test('one service is built from the root and started in its own folder', () => {
    const server = "app.listen(4000);\napp.get('/health')";
    const files = { 'package.json': root, 'apps/a/package.json': api, 'apps/a/src/x.ts': server, '.nvmrc': '22' };
    const detection = detect({ ...files, 'packages/lib/package.json': '{"main":"x/y.js"}' });
    expect(detection?.name).toBe('a');
    expect(detection?.facts['node.workspace']).toEqual({
      value: 'apps/a',
      from: [{ file: 'package.json', line: 3, because: 'the only member of the workspace that starts in production' }],
      rejected: [],
    });
    expect([detection?.facts.port?.value, detection?.facts.port?.from[0]?.file]).toEqual(['4000', 'apps/a/src/x.ts']);
    const recipe = node.recipe({ name: 'a', facts: detection?.facts ?? {} }, { platform: 'linux/amd64', version: '1' });
    expect([recipe.entrypoint.slice(1), recipe.data.directory]).toEqual([['node', 'dist/x.js'], '/app/apps/a']);
    expect(recipe.steps.flatMap((step) => ('argv' in step ? [step.argv.join(' ')] : []))).toEqual([
      'npm install --include=dev',
      'npm run build --workspace apps/a',
      'node .slipway/keep-service.cjs apps/a packages/lib',
      'node -e require.resolve(require("path").resolve(process.argv[1])) -- .slipway-out/app/apps/a/dist/x.js',
    ]);
  });

  test('a person chooses among several, and a wrong choice is refused with the candidates', () => {
    const tree = memoryTree({ 'package.json': root, 'apps/a/package.json': api, 'apps/b/package.json': api });
    const choose = (value: string) => node.detect(tree, { 'node.workspace': { value, origin: '--set' } });
    expect(choose('./apps/b/')?.facts['node.workspace']).toEqual({
      value: 'apps/b',
      from: [{ because: 'set by --set' }],
      rejected: [
        {
          value: 'apps/a',
          file: 'apps/a/package.json',
          because: 'another service, which this one does not depend on',
        },
      ],
    });
    for (const wrong of ['apps/c', '../x', '/etc', 'a b']) {
      expect(() => choose(wrong)).toThrow(
        expect.objectContaining({ code: 'detect.ambiguous', candidates: ['apps/a', 'apps/b'] }),
      );
    }
  });

  test('a root that starts by itself is the service', () => {
    const own = '{"workspaces":["packages/*"],"scripts":{"start":"node server.js"}}';
    expect(detect({ 'package.json': own, 'server.js': '' })?.facts['node.start']?.value).toEqual(['node', 'server.js']);
  });

  test('a member alone, and dependencies outside of the tree, are refused', () => {
    for (const spec of ['workspace:*', 'file:../lib', 'link:/srv/lib', 'portal:../x']) {
      const text = JSON.stringify({ scripts: { start: 'node x.js' }, dependencies: { lib: spec } }, null, 1);
      expect(failureOf({ 'package.json': text, 'x.js': '' })).toEqual({
        code: 'detect.unsupported',
        where: 'package.json:6',
      });
    }
  });
});

test('without a package.json it is not a Node project', () => {
  expect(detect({ 'index.js': '' })).toBeUndefined();
});
