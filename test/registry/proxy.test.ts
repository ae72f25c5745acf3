import { expect, test } from 'vitest';
import { proxyFor } from '../../src/registry/proxy.js';

const proxied = { HTTPS_PROXY: 'http://proxy:3128', http_proxy: 'proxy:8080' };

test.each([
  ['https://registry.example.com/v2/', '', 'http://proxy:3128'],
  ['http://registry.example.com/v2/', '', 'http://proxy:8080'],
  ['https://registry.example.com/', 'example.com', undefined],
  ['https://registry.example.com/', '.example.com', undefined],
  ['https://registry.example.com/', '*.example.com', undefined],
  ['https://example.com/', '.example.com', 'http://proxy:3128'],
  ['https://example.com/', 'example.com', undefined],
  ['https://badexample.com/', 'example.com', 'http://proxy:3128'],
  ['https://Registry.Example.com/', 'other.org, REGISTRY.example.com', undefined],
  ['https://registry.example.com:5000/', 'registry.example.com:5000', undefined],
  ['https://registry.example.com/', 'registry.example.com:5000', 'http://proxy:3128'],
  ['https://registry.example.com/', 'registry.example.com:443', undefined],
  ['https://10.1.2.3:5000/', '10.0.0.0/8', undefined],
  ['https://11.1.2.3:5000/', '10.0.0.0/8', 'http://proxy:3128'],
  ['https://10.1.2.3/', '10.1.2.3', undefined],
  ['https://10.1.2.3/', '2.3', 'http://proxy:3128'],
  ['https://[fd00::1]/', 'fd00::/8', undefined],
  ['https://[fd00::1]/', 'fd00::1', undefined],
  ['https://[fd00::1]/', 'fd00::2', 'http://proxy:3128'],
  ['https://registry.example.com/', '*', undefined],
  ['https://registry.example.com/', ' , ,', 'http://proxy:3128'],
  ['https://localhost:5000/', '', undefined],
  ['http://127.0.0.1:5000/', '', undefined],
])('%s with NO_PROXY %j goes over %s', (url, exempt, expected) => {
  expect(proxyFor(new URL(url), { ...proxied, NO_PROXY: exempt })?.origin).toBe(expected);
});

test('a proxy that is no address is refused, and not shown', () => {
  const refused = (): unknown =>
    proxyFor(new URL('https://r.example.com'), { HTTPS_PROXY: 'socks5://me:secret@proxy:1080' });
  expect(refused).toThrow(expect.objectContaining({ code: 'settings.invalid', where: 'HTTPS_PROXY' }));
  expect(refused).not.toThrow(/secret/);
});
