import { describe, expect, test } from 'vitest';
import type { Hints } from '../../../src/core/project.js';
import { node } from '../../../src/projects/node/index.js';
import { memoryTree } from '../../support/memory-tree.js';

function detect(source: string, dependency = 'express', hints: Hints = {}) {
  const manifest = { scripts: { start: 'node x.js' }, dependencies: { [dependency]: '1' } };
  return node.detect(memoryTree({ 'package.json': JSON.stringify(manifest), 'x.js': source }), hints)?.facts;
}

const refused = expect.objectContaining({ code: 'detect.unsupported', where: 'x.js:2' });

describe('a service that listens on the loopback alone is refused', () => {
  test.each([
    "app.listen(3000, 'localhost')",
    "app.listen(3000, '127.0.0.1', () => log('http://localhost'))",
    "server.listen({ port, host: '::1' })",
    "serve({ fetch: app.fetch, hostname: '127.0.0.1' })",
  ])('%s', (call) => {
    expect(() => detect(`\n${call}`)).toThrow(refused);
  });

  test('also by a constant, and where Fastify is given no host', () => {
    expect(() => detect("const host = '127.0.0.1';\napp.listen(port, host)")).toThrow(refused);
    expect(() => detect("const HOST: string = 'localhost';\napp.listen({ port, host: HOST })")).toThrow(refused);
    expect(() => detect("import f from 'fastify';\nf().listen({ port: 3000 })", 'fastify')).toThrow(refused);
  });

  test('unless a person says how it is started, or by which variable its address is set', () => {
    const call = "\napp.listen(3000, 'localhost')";
    const start = { 'node.start': { value: ['node', 'x.js'], origin: '--set' } };
    expect(detect(call, 'express', start)?.['node.host-variable']).toBeUndefined();
    const variable = { 'node.host-variable': { value: 'ADDRESS', origin: '--set' } };
    expect(detect(call, 'express', variable)?.['node.host-variable']?.value).toBe('ADDRESS');
  });
});

describe('a variable whose default is the loopback is set by the image', () => {
  test.each([
    ["app.listen(3000, process.env.HOST || 'localhost')", 'HOST'],
    ["app.listen({ port, host: process.env['BIND_ADDRESS'] ?? '127.0.0.1' })", 'BIND_ADDRESS'],
    ["const host = process.env.SERVER_HOST ?? 'localhost';\napp.listen(port, host)", 'SERVER_HOST'],
    ["const { PORT = 80, HOST = 'localhost' } = process.env;\napp.listen(PORT, HOST)", 'HOST'],
  ])('%s', (source, variable) => {
    const facts = detect(source) ?? {};
    expect(facts['node.host-variable']?.value).toBe(variable);
    const recipe = node.recipe({ name: 'x', facts }, { platform: 'linux/amd64', version: '1' });
    expect(recipe.data.env).toMatchObject({ [variable]: '0.0.0.0' });
  });
});

describe('other addresses are left alone', () => {
  test.each([
    'app.listen(3000)',
    "app.listen(3000, '0.0.0.0')",
    "app.listen(3000, () => console.log('http://localhost:3000'))",
    "app.listen(3000, function () { log('localhost') })",
    "const db = process.env.DB_HOST || 'localhost';\napp.listen(3000)",
    "const host = 'localhost';\nredis.connect({ host });\napp.listen(3000)",
    "app.listen({ port, host: '::' })",
    "fetch('http://localhost/'); app.listen({ port: 3000 })",
  ])('%s', (source) => {
    expect(detect(source)?.['node.host-variable']).toBeUndefined();
  });

  test('and Fastify with a host, or with options from elsewhere', () => {
    for (const options of ["{ port, host: '0.0.0.0' }", '{ ...options }', 'options', "{ path: '/run/x.sock' }"])
      expect(
        detect(`import f from 'fastify'; f().listen(${options})`, 'fastify')?.['node.host-variable'],
      ).toBeUndefined();
  });
});
