import { expect, test } from 'vitest';
import { actuator, dependency, factOf, pom, valuesOf, web } from './detect.js';

const resources = 'src/main/resources';
const withActuator = { 'pom.xml': pom({ dependencies: web + actuator }) };

function answers(files: Readonly<Record<string, string>>): unknown {
  const { port, health } = valuesOf({ ...withActuator, ...files });
  return { ...(port !== undefined && { port }), ...(health !== undefined && { health }) };
}

function properties(text: string): unknown {
  return answers({ [`${resources}/application.properties`]: text });
}

const health = '/actuator/health';

test.each([
  ['server.port=9090', { port: '9090', health }],
  ['server.port = ${PORT:9090}', { port: '9090', health }],
  ['server.port=${SERVER_PORT:${PORT:9090}}', { port: '9090', health }],
  ['own.port=9090\nserver.port=${own.port}', { port: '9090', health }],
  ['SERVER_PORT=9090', { port: '8080', health }],
  ['server.port=${PORT}', { port: '8080', health }],
  ['server.port=70000', { port: '8080', health }],
  ['server.port=eighty', { port: '8080', health }],
  ['server.port=0', {}],
  ['spring.main.web-application-type=none', {}],
  ['server.port=9090\n#---\nspring.config.activate.on-profile=dev\nserver.port=1', { port: '9090', health }],
  ['server.servlet.context-path=/api', { port: '8080', health: '/api/actuator/health' }],
  ['management.endpoints.web.base-path=/', { port: '8080', health: '/health' }],
  ['management.endpoints.web.basePath=/manage/', { port: '8080', health: '/manage/health' }],
  ['management.endpoints.web.path-mapping.health=live', { port: '8080', health: '/actuator/live' }],
  ['management.endpoints.web.base-path=/${ADMIN}', { port: '8080' }],
  ['management.endpoints.web.base-path=/a b"', { port: '8080' }],
  ['management.server.port=9001', { port: '8080' }],
  ['server.port=9001\nmanagement.server.port=9001', { port: '9001', health }],
  ['management.server.port=-1', { port: '8080' }],
  ['management.endpoint.health.enabled=false', { port: '8080' }],
  ['management.endpoints.web.exposure.include=info,metrics', { port: '8080' }],
  ['management.endpoints.web.exposure.include=*', { port: '8080', health }],
  ['management.endpoints.web.exposure.exclude=health', { port: '8080' }],
  ['server.ssl.key-store=classpath:k.p12', { port: '8080' }],
])('application.properties with %j', (text, expected) => {
  expect(properties(text)).toEqual(expected);
});

test('YAML is read with nesting, lists, documents and defaults', () => {
  const text = [
    'server:',
    '  port: ${PORT:9090}',
    'management:',
    '  endpoints.web:',
    '    base-path: "/ops"',
    '    exposure:',
    '      include: [info, health]',
    '---',
    'spring.config.activate.on-profile: dev',
    'server.port: 1',
  ].join('\n');
  const files = { ...withActuator, [`${resources}/application.yml`]: text };
  expect([factOf(files, 'port'), factOf(files, 'health')]).toEqual([
    {
      value: '9090',
      from: [
        { file: `${resources}/application.yml`, line: 2, because: 'server.port is ${PORT:9090}, 9090 by default' },
      ],
      rejected: [],
    },
    {
      value: '/ops/health',
      from: [
        { file: 'pom.xml', line: 4, because: 'depends on spring-boot-starter-actuator' },
        { file: `${resources}/application.yml`, line: 5, because: 'management.endpoints.web.base-path is /ops' },
      ],
      rejected: [],
    },
  ]);
});

test('properties win over YAML, config/ over the root and an active profile over both', () => {
  const yaml = { [`${resources}/application.yml`]: 'server.port: 1001' };
  const plain = { ...yaml, [`${resources}/application.properties`]: 'server.port=1002' };
  const config = {
    ...plain,
    [`${resources}/config/application.yaml`]: 'server.port: 1003\nspring.profiles.active: prod',
  };
  const profile = { ...config, [`${resources}/application-prod.yml`]: 'server: {port: 1004}' };
  const ports = [yaml, plain, config, profile].map((files) => valuesOf({ ...withActuator, ...files }).port);
  expect(ports).toEqual(['1001', '1002', '1003', '1004']);
});

test('a port that only the environment knows is shown as rejected', () => {
  const files = { ...withActuator, [`${resources}/application.properties`]: 'server.port=${PORT}' };
  expect(factOf(files, 'port')).toEqual({
    value: '8080',
    from: [{ because: 'Spring Boot default' }],
    rejected: [
      { file: `${resources}/application.properties`, line: 1, because: 'server.port is ${PORT}', value: '${PORT}' },
    ],
  });
});

test('a batch job has no port, an application with an unknown library may have one', () => {
  const job = pom({ dependencies: dependency('spring-boot-starter-batch') });
  expect(valuesOf({ 'pom.xml': job }).port).toBeUndefined();
  const unknown =
    dependency('spring-boot-starter-batch') + dependency('x').replace('org.springframework.boot', 'com.example');
  expect(valuesOf({ 'pom.xml': pom({ dependencies: unknown }) }).port).toBe('8080');
});

test('an actuator for tests alone is none', () => {
  const dependencies = web + dependency('spring-boot-starter-actuator', '<scope>test</scope>');
  expect(valuesOf({ 'pom.xml': pom({ dependencies }) }).health).toBeUndefined();
});

test('broken YAML is read as far as it goes', () => {
  expect(answers({ [`${resources}/application.yml`]: 'server:\n  port: 9090\nname: @app@\n  x: [\n' })).toEqual({
    port: '9090',
    health,
  });
});
