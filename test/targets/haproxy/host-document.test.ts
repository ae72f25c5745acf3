import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/failure.js';
import { findBackend } from '../../../src/targets/haproxy/config-document.js';
import { defineContainer, placeDefinition, stopGraceOf } from '../../../src/targets/haproxy/definition.js';
import { parseHost, serviceOf } from '../../../src/targets/haproxy/host-document.js';
import { renderBackend, renderHostFile } from '../../../src/targets/haproxy/starter.js';
import { haproxyTemplate } from '../../../src/targets/haproxy/template.js';

const digest = `sha256:${'ab'.repeat(32)}`;
const text = `haproxy:
  socket: /run/haproxy/admin.sock
  config: /etc/haproxy/haproxy.cfg
services:
  web:
    image: registry.example.com/team/web:1.0.0@${digest}
    port: 8080
    health: /healthz
    drain: 1m30s
    environment: [LOG_LEVEL=info, "GREETING=a=b"]
    labels: { team: shop }
    volumes: [data:/data, /etc/ssl:/etc/ssl:ro]
    networks: [shop, db]
    mem_limit: 256m
    cpus: 0.5
    command: serve --name "a b"
    stop_signal: SIGQUIT
`;

function failureOf(action: () => unknown): Failure {
  try {
    action();
  } catch (error) {
    if (error instanceof Failure) return error;
  }
  throw new Error('nothing failed');
}

describe('a host file', () => {
  it('becomes a container that is published on a port of the host, and told of it', () => {
    const host = parseHost('host.yml', text);
    const service = serviceOf('host.yml', host, 'web');
    const definition = defineContainer(host, service);
    expect([service.instances, service.backend, service.drain, stopGraceOf(service)]).toEqual([1, 'web', 90, 100]);
    expect(JSON.parse(JSON.stringify(placeDefinition(definition, 18_042)))).toEqual({
      Image: `registry.example.com/team/web:1.0.0@${digest}`,
      Cmd: ['serve', '--name', 'a b'],
      StopSignal: 'SIGQUIT',
      StopTimeout: 100,
      Env: ['LOG_LEVEL=info', 'GREETING=a=b', 'SLIPWAY_HOST_IP=127.0.0.1', 'SLIPWAY_PORT_8080=18042'],
      Labels: {
        team: 'shop',
        'io.slipway.haproxy.service': 'web/web',
        'io.slipway.haproxy.image': `registry.example.com/team/web:1.0.0@${digest}`,
        'io.slipway.haproxy.definition': definition.id,
        'io.slipway.haproxy.port': '18042',
        'io.slipway.haproxy.address': '127.0.0.1',
      },
      ExposedPorts: { '8080/tcp': {} },
      HostConfig: {
        RestartPolicy: { Name: 'unless-stopped' },
        Binds: ['data:/data', '/etc/ssl:/etc/ssl:ro'],
        Tmpfs: {},
        Memory: 256 * 1024 * 1024,
        NanoCpus: 5e8,
        CapAdd: [],
        CapDrop: [],
        ExtraHosts: [],
        NetworkMode: 'shop',
        PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '18042' }] },
      },
    });
  });

  it('makes the same definition for another number of instances, and another one for another variable', () => {
    const idOf = (changed: string) => {
      const host = parseHost('host.yml', changed);
      return defineContainer(host, serviceOf('host.yml', host, 'web')).id;
    };
    expect(idOf(`${text}    instances: 3\n`)).toBe(idOf(text));
    expect(idOf(text.replace('=info', '=debug'))).not.toBe(idOf(text));
  });

  it('refuses every wrong value and unknown key at once, with the first one’s line', () => {
    const wrong = text.replace('port: 8080', 'port: 0').replace('drain: 1m30s', 'drain: soon\n    restart: always');
    const failure = failureOf(() => parseHost('host.yml', wrong));
    expect([failure.code, failure.where]).toEqual(['deploy.template-invalid', 'host.yml:7']);
    expect(failure.message).toMatch(
      /^3 values .*services\.web\.port: .*services\.web\.drain: must be a duration.*"restart"/,
    );
  });

  it.each([
    ['a second command', 'web; shutdown'],
    ['a line end', '"web\\nshutdown sessions"'],
    ['an option', '"web addr 10.0.0.1"'],
  ])('refuses a backend that would be %s of the Runtime API', (_what, backend) => {
    expect(failureOf(() => parseHost('host.yml', `${text}    backend: ${backend}\n`)).code).toBe(
      'deploy.template-invalid',
    );
    expect(
      failureOf(() => parseHost('host.yml', `${text}    server: ${backend.replace('web', 'check;')}\n`)).code,
    ).toBe('deploy.template-invalid');
  });

  it('names the services there are where another is asked for', () => {
    expect(failureOf(() => serviceOf('host.yml', parseHost('host.yml', text), 'api'))).toMatchObject({
      code: 'deploy.no-match',
      candidates: ['web'],
    });
  });

  it('is begun with from what detection knows, and reads as that', () => {
    const starter = {
      name: 'web',
      image: 'registry.example.com/team/web:0',
      port: 8080,
      health: '/healthz',
      memory: '256m',
    };
    const first = renderHostFile(starter);
    expect(haproxyTemplate.read('host.yml', first)).toEqual([{ id: 'web', image: starter.image, line: 8 }]);
    expect(serviceOf('host.yml', parseHost('host.yml', first), 'web')).toMatchObject({
      port: 8080,
      health: '/healthz',
      mem_limit: 256 * 1024 * 1024,
      instances: 1,
    });
    const slots = findBackend('haproxy.cfg', renderBackend(starter, 2), 'web', 'web')?.lines;
    expect(slots?.map(({ name, disabled }) => [name, disabled])).toEqual([
      ['web1', true],
      ['web2', true],
    ]);
    expect(findBackend('haproxy.cfg', renderBackend(starter, 0), 'web', 'web')?.lines).toEqual([]);
  });
});
