import { expect, test } from 'vitest';
import { dependency, hint, plugin, pom, refusalOf, runs, valuesOf } from './detect.js';

const quarkus = plugin('quarkus-maven-plugin', runs('build'), 'io.quarkus.platform');
const rest = dependency('io.quarkus:quarkus-rest');
const health = dependency('io.quarkus:quarkus-smallrye-health');
const netty = dependency('io.micronaut:micronaut-http-server-netty');
const management = dependency('io.micronaut:micronaut-management');

function quarkusOf(config: string, dependencies = rest + health, properties = '') {
  const values = valuesOf({
    'pom.xml': pom({ plugins: quarkus, dependencies, properties }),
    'src/main/resources/application.properties': config,
  });
  return [values.port, values.health];
}

test.each([
  ['', '8080', '/q/health'],
  ['quarkus.http.port=9000', '9000', '/q/health'],
  ['quarkus.http.port=${PORT:9001}', '9001', '/q/health'],
  ['quarkus.http.port=9000\n%prod.quarkus.http.port=9002\n%dev.quarkus.http.port=9003', '9002', '/q/health'],
  ['quarkus.http.root-path=/shop', '8080', '/shop/q/health'],
  ['quarkus.http.root-path=/shop\nquarkus.http.non-application-root-path=/internal', '8080', '/internal/health'],
  ['quarkus.smallrye-health.root-path=/alive', '8080', '/alive'],
  ['quarkus.management.enabled=true', '8080', undefined],
  ['quarkus.http.port=0', undefined, undefined],
  ['quarkus.http.port=${PORT}', undefined, undefined],
])('Quarkus with %j listens and answers there', (config, port, path) => {
  expect(quarkusOf(config)).toEqual([port, path]);
});

test('Quarkus without a server has no port, without SmallRye Health no path', () => {
  expect(quarkusOf('', dependency('io.quarkus:quarkus-picocli'))).toEqual([undefined, undefined]);
  expect(quarkusOf('', rest)).toEqual(['8080', undefined]);
});

test.each([
  ['quarkus.package.jar.type=uber-jar', 'jar', 'target', 'runner'],
  ['quarkus.package.type=uber-jar', 'jar', 'target', 'runner'],
  ['quarkus.package.type=legacy-jar', 'jar-with-libraries', 'target', 'runner'],
  ['quarkus.package.jar.type=mutable-jar', 'quarkus-app', 'target/quarkus-app', undefined],
  ['quarkus.package.jar.type=uber-jar\nquarkus.package.jar.add-runner-suffix=false', 'jar', 'target', undefined],
  ['quarkus.package.output-directory=out', 'quarkus-app', 'target/out', undefined],
])('Quarkus with %j packages that', (config, distribution, output, classifier) => {
  const values = valuesOf({
    'pom.xml': pom({ plugins: quarkus }),
    'src/main/resources/application.properties': config,
  });
  expect([values['java.distribution'], values['java.output'], values['java.classifier']]).toEqual([
    distribution,
    output,
    classifier,
  ]);
});

test("of Quarkus's package type the application's own word counts before the pom's", () => {
  const values = valuesOf({
    'pom.xml': pom({
      plugins: quarkus,
      properties: '<quarkus.package.jar.type>uber-jar</quarkus.package.jar.type>',
    }),
    'src/main/resources/application.properties': 'quarkus.package.jar.type=fast-jar',
  });
  expect(values['java.distribution']).toBe('quarkus-app');
});

test.each(['quarkus.native.enabled=true', 'quarkus.package.type=native', 'quarkus.package.jar.type=aot-jar'])(
  'Quarkus with %s is refused at its line',
  (config) => {
    const files = { 'pom.xml': pom({ plugins: quarkus }), 'src/main/resources/application.properties': config };
    expect(refusalOf(files)).toMatchObject({
      code: 'detect.unsupported',
      where: 'src/main/resources/application.properties:1',
    });
  },
);

test('a native executable by a profile that is not active is none', () => {
  const profile =
    '<profile><id>native</id><properties><quarkus.native.enabled>true</quarkus.native.enabled></properties></profile>';
  const files = { 'pom.xml': pom({ plugins: quarkus, more: `<profiles>${profile}</profiles>` }) };
  expect(valuesOf(files)['java.distribution']).toBe('quarkus-app');
});

test.each([
  ['', '8080', '/health'],
  ['micronaut:\n  server:\n    port: 9000\n', '9000', '/health'],
  ['micronaut:\n  server:\n    port: ${PORT:9001}\n', '9001', '/health'],
  ['micronaut:\n  server:\n    context-path: shop\n', '8080', '/shop/health'],
  ['micronaut:\n  server:\n    port: -1\n', undefined, undefined],
  ['endpoints:\n  all:\n    port: 8085\n', '8080', undefined],
  ['endpoints:\n  all:\n    path: /manage\n', '8080', undefined],
  ['endpoints:\n  health:\n    enabled: false\n', '8080', undefined],
])('Micronaut with %j listens and answers there', (config, port, path) => {
  const values = valuesOf({
    'pom.xml': pom({ dependencies: netty + management }),
    'src/main/resources/application.yml': config,
  });
  expect([values.port, values.health]).toEqual([port, path]);
});

test.each([
  ['application.yaml', 'ktor:\n  deployment:\n    port: 8081\n'],
  ['application.conf', 'ktor {\n  deployment {\n    port = 8081\n    port = ${?PORT}\n  }\n}\n'],
  ['application.conf', 'ktor.deployment { host = "0.0.0.0", port = 8081 }\n'],
])('Ktor listens where %s says', (file, text) => {
  const files = {
    'pom.xml': pom({ dependencies: dependency('io.ktor:ktor-server-netty-jvm') }),
    [`src/main/resources/${file}`]: text,
  };
  expect(valuesOf(files).port).toBe('8081');
});

test('a program whose framework says nothing has no port', () => {
  expect(valuesOf({ 'pom.xml': pom({ dependencies: dependency('io.javalin:javalin') }) }).port).toBeUndefined();
});

test('Dropwizard is asked what it starts with, and the file that is named goes with it', () => {
  const files = {
    'pom.xml': pom({ dependencies: dependency('io.dropwizard:dropwizard-core') }),
    'config.yml': 'server: {}\n',
  };
  expect(refusalOf(files)).toEqual({
    code: 'detect.ambiguous',
    where: 'pom.xml:4',
    candidates: ['server config.yml', 'server'],
  });
  const values = valuesOf(files, { 'java.arguments': hint(['server', 'config.yml']) });
  expect([values['java.arguments'], values['java.files']]).toEqual([['server', 'config.yml'], ['config.yml']]);
});

test('an argument that is no file of the tree names none', () => {
  const values = valuesOf({ 'pom.xml': pom() }, { 'java.arguments': hint(['--port', '../secret', '/etc/passwd']) });
  expect(values['java.files']).toBeUndefined();
});
