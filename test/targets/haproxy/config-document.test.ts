import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/failure.js';
import { findBackend, renderServers, renderSlots } from '../../../src/targets/haproxy/config-document.js';

const config = `# of a person
global
    stats socket /run/haproxy/admin.sock level admin

backend other
    server own 10.0.0.1:80

backend web   # the shop
    balance leastconn

    option httpchk GET /healthz
    # nothing below is Slipway's

frontend in
    bind :80
`;
const servers = [
  { name: 'web-0123456789ab-aaaa', address: '127.0.0.1', port: 18_001 },
  { name: 'web-0123456789ab-bbbb', address: '::1', port: 18_002 },
];

function backend(text: string, name = 'web') {
  const section = findBackend('haproxy.cfg', text, name, 'web');
  if (section === undefined) throw new Error(`no backend ${name}`);
  return section;
}

describe("HAProxy's configuration", () => {
  it('gets marks behind the last line of the backend that says something, and later only what is between them changes', () => {
    const once = renderServers(backend(config), servers, 'check inter 1s');
    expect(once).toBe(
      config.replace(
        '/healthz\n',
        `/healthz
    # slipway:begin web (written by Slipway: what a restart of HAProxy begins with)
    server web-0123456789ab-aaaa 127.0.0.1:18001 check inter 1s
    server web-0123456789ab-bbbb [::1]:18002 check inter 1s
    # slipway:end web
`,
      ),
    );
    expect(renderServers(backend(once), servers, 'check inter 1s')).toBe(once);
    expect(backend(renderServers(backend(once), servers.slice(1), '')).lines).toMatchObject([servers[1] ?? {}]);
    expect(backend(once).lines.map(({ name, address, port, disabled }) => ({ name, address, port, disabled }))).toEqual(
      servers.map((each) => ({ ...each, disabled: false })),
    );
  });

  it('has the marks of several services in one backend, each with its own lines', () => {
    const other = config.replace(
      '    # nothing',
      '    # slipway:begin api\n    server x 127.0.0.1:1\n    # slipway:end api\n    # nothing',
    );
    const both = renderServers(backend(other), servers, 'check');
    expect([backend(both).lines.length, findBackend('haproxy.cfg', both, 'web', 'api')?.lines.length]).toEqual([2, 1]);
  });

  it('keeps all else of a slot: its options, its comment, and the order', () => {
    const text = `backend web
\tserver ownhost 10.0.0.1:80
\t# slipway:begin web
\tserver  slot1  127.0.0.1:1 check inter 1s  disabled   # first
\tserver slot2 127.0.0.1:18009 check disabled weight 3
\tserver slot3 127.0.0.1:18010 check
\t# slipway:end web
`.replaceAll('\n', '\r\n');
    const serving = [{ name: 'slot1', address: '127.0.0.1', port: 18_001 }];
    expect(renderSlots(backend(text), serving)).toBe(
      text
        .replace('127.0.0.1:1 check inter 1s  disabled ', '127.0.0.1:18001 check inter 1s ')
        .replace('18010 check', '18010 check disabled'),
    );
    expect(renderSlots(backend(renderSlots(backend(text), serving)), serving)).toBe(
      renderSlots(backend(text), serving),
    );
  });

  it('stays byte for byte what it was outside the marks, whatever is written between them', () => {
    const server = fc.record({
      name: fc.stringMatching(/^web-[0-9a-f]{12}-[a-z0-9]{4}$/),
      address: fc.constantFrom('127.0.0.1', '::1', '10.1.2.3'),
      port: fc.integer({ min: 1, max: 65_535 }),
    });
    fc.assert(
      fc.property(fc.array(server, { maxLength: 5 }), fc.array(server, { maxLength: 5 }), (first, second) => {
        const before = backend(renderServers(backend(config), first, 'check'));
        const after = backend(renderServers(before, second, 'check'));
        const outside = ({ text, marked }: typeof after) => [text.slice(0, marked?.start), text.slice(marked?.end)];
        expect(outside(after)).toEqual(outside(before));
        expect(after.lines.map(({ name, address, port }) => ({ name, address, port }))).toEqual(second);
      }),
    );
  });

  it('refuses marks that are not a pair, with the line', () => {
    const broken = config.replace('    # nothing', '    # slipway:end web\n    # nothing');
    expect(() => backend(broken)).toThrow(Failure);
    expect(() => backend(broken)).toThrow('not one pair');
  });

  it('has no backend where a name is only the beginning of another, or stands in a comment', () => {
    expect(findBackend('haproxy.cfg', '# backend web\nbackend web2\n', 'web', 'web')).toBeUndefined();
  });
});
