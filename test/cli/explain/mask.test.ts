import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskSecrets } from '../../../src/cli/explain/mask.js';

describe('maskSecrets', () => {
  it.each([
    ['spring.datasource.password=hunter2', 'spring.datasource.password=***'],
    ['"start": "DB_PASSWORD=hunter2 node server.js"', '"start": "DB_PASSWORD=*** node server.js"'],
    ["password: 'two words'", "password: '***'"],
    ['<docker.password>hunter2</docker.password>', '<docker.password>***</docker.password>'],
    ['{"apiKey": "abc", "port": 80}', '{"apiKey": "***", "port": 80}'],
    ['"password": "never closed', '"password": "***"'],
    ['java -jar a.jar --db-password hunter2 --port 80', 'java -jar a.jar --db-password *** --port 80'],
    ['url=jdbc:postgresql://me:hunter2@db:5432/x', 'url=jdbc:postgresql://me:***@db:5432/x'],
    ['curl -H "Authorization: Bearer abcdefgh12345"', 'curl -H "Authorization: Bearer ***"'],
    ['NPM_CONFIG=npm_abcdefghijklmnopqrst', 'NPM_CONFIG=***'],
    ['key AKIAABCDEFGHIJKLMNOP', 'key ***'],
    ['x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc y', 'x *** y'],
    ['k = Zm9vYmFyMTIzNDU2Nzg5MFFXRVJUWVVJT1BBUw==', 'k = ***'],
  ])('takes the secret out of %j', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
  });

  it.each([
    '<java.version>17</java.version>',
    'const port = Number(process.env.PORT || 3000);',
    '//registry.example.com/:_authToken=${NPM_TOKEN}',
    'spring.datasource.password=${DB_PASSWORD}',
    'http://localhost:8080/health',
    'ENTRYPOINT ["java","org.springframework.boot.loader.launch.JarLauncher"]',
    'server.ssl.key-store-password=',
  ])('leaves %j as it is', (text) => {
    expect(maskSecrets(text)).toBe(text);
  });

  it('lets no password through in any way of writing it down', () => {
    const word = fc.stringMatching(/^[a-z0-9]{6,20}$/);
    const write = fc.constantFrom<(secret: string) => string>(
      (secret) => `password=${secret}`,
      (secret) => `"adminPassword" : "${secret}"`,
      (secret) => `<secret>${secret}</secret>`,
      (secret) => `run --token ${secret} --verbose`,
      (secret) => `amqp://user:${secret}@queue`,
    );
    fc.assert(
      fc.property(word, write, fc.string(), (secret, written, before) => {
        const clean = before.replace(/["'`]/g, '');
        expect(maskSecrets(`${clean} ${written(`${secret}#9`)}`)).not.toContain(`${secret}#9`);
      }),
      { numRuns: 500 },
    );
  });

  it.each(['password', 'token=', '"secret":"', '--password ', '://a:', 'eyJ', 'aB3'])(
    'reads 200,000 characters of %j in a moment',
    (piece) => {
      const start = performance.now();
      maskSecrets(piece.repeat(200_000 / piece.length));
      expect(performance.now() - start).toBeLessThan(1_000);
    },
  );
});
