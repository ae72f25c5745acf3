import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  askContainer,
  type Container,
  removeContainers,
  removeImages,
  startContainer,
} from '../../dockerfile/container.js';
import { makeWorkspace, slipway } from '../../support/cli.js';
import { docker } from '../../support/docker.js';
import { makeFixtureProject } from '../../support/fixture-project.js';

/** What the JVM of the image sees, told by the service itself. */
const controller = `package com.example.quotes;

import java.net.URI;
import java.time.ZoneId;
import org.springframework.core.env.Environment;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
class ProbeController {
    private final Environment environment;

    ProbeController(Environment environment) {
        this.environment = environment;
    }

    @GetMapping("/property")
    String property(@RequestParam String name) {
        return environment.getProperty(name, "(none)");
    }

    @GetMapping("/zone")
    String zone() {
        return ZoneId.systemDefault().getId();
    }

    @GetMapping("/heap")
    String heap() {
        return String.valueOf(Runtime.getRuntime().maxMemory() / (1 << 20));
    }

    @GetMapping("/slow")
    String slow() throws Exception {
        Thread.sleep(3000);
        return "finished";
    }

    @GetMapping("/fetch")
    String fetch(@RequestParam String url) throws Exception {
        try (var stream = URI.create(url).toURL().openStream()) {
            return new String(stream.readAllBytes());
        } catch (javax.net.ssl.SSLException refused) {
            return "not trusted";
        }
    }
}
`;

const settings = 'build:\n  mounts: { ca: true, maven-settings: true }\n';
const name = 'spring-boot-quotes';
const workspace = makeWorkspace();
const image = `slipway-test-jvm-${process.pid}/${name}:1.0.0`;
const containers: string[] = [];

beforeAll(async () => {
  const directory = makeFixtureProject(name, join(workspace.path, name), {
    files: {
      'slipway.yml': settings,
      'src/main/java/com/example/quotes/ProbeController.java': controller,
    },
    tag: 'v1.0.0',
    origin: `https://git.example.com/jvm-test/${name}.git`,
  });
  const { code, stderr } = await slipway(
    ['build', directory, '--repository', image.replace(':1.0.0', ''), '--no-try'],
    { env: { SLIPWAY_STATE_DIRECTORY: join(workspace.path, 'state') } },
  );
  expect({ code, stderr: code === 0 ? '' : stderr.slice(-4000) }).toEqual({ code: 0, stderr: '' });
}, 240_000);

afterAll(() => {
  removeContainers(containers);
  removeImages([image]);
  workspace.remove();
});

/** What the script of the official images does for another user than root, and that of a stand-in does not. */
const officialWay = `#!/usr/bin/env bash
keytool -importcert -noprompt -alias company -file /certificates/company.crt -keystore /tmp/trust -storepass changeit
export JAVA_TOOL_OPTIONS="$JAVA_TOOL_OPTIONS -Djavax.net.ssl.trustStore=/tmp/trust -Djavax.net.ssl.trustStorePassword=changeit"
exec "$@"
`;

/** A server with the company's certificate, where the service reaches it as its own host. */
function serveTls({ id }: Container, certificates: string): void {
  const server =
    'require("https").createServer({ pfx: require("fs").readFileSync("/c/server.p12"), passphrase: "changeit" },' +
    ' (_, response) => response.end("ok")).listen(8443, () => console.log("listening"))';
  const options = ['--detach', `--network=container:${id}`, `--volume=${certificates}:/c:ro`];
  const container = docker('run', ...options, 'node:22-slim', 'node', '-e', server);
  containers.push(container);
}

/** As a cluster would. */
function start(...options: readonly string[]): Container {
  const strict = ['--read-only', '--tmpfs=/tmp', '--cap-drop=ALL', '--security-opt=no-new-privileges'];
  const container = startContainer(image, '8080', [...strict, ...options]);
  containers.push(container.id);
  return container;
}

describe('the JVM of the image', () => {
  it('takes $JAVA_OPTS word by word, expands nothing in it, and variables with dots reach the application', async () => {
    const container = start('--env=JAVA_OPTS=-Da.first=1 -Da.second=$(id);`id`;/* ', '--env=greeting.text=hello');
    const properties = ['a.first', 'a.second', 'greeting.text', 'java.vm.specification.version'];
    const values = [];
    for (const property of properties) values.push(await askContainer(container, `/property?name=${property}`));
    expect(values).toEqual(['200 1', '200 $(id);`id`;/*', '200 hello', '200 17']);
  });

  it('sizes its heap by the memory of the container, and is in the zone that TZ names', async () => {
    const container = start('--memory=256m', '--env=TZ=Europe/Berlin');
    const [status, megabytes] = (await askContainer(container, '/heap')).split(' ');
    expect([status, Number(megabytes) > 170 && Number(megabytes) <= 192]).toEqual(['200', true]);
    expect(await askContainer(container, '/zone')).toBe('200 Europe/Berlin');
  });

  it('finishes a request that is under way when it is told to stop', async () => {
    const container = start();
    await askContainer(container, '/actuator/health');
    const slow = fetch(`${container.url}/slow`).then((response) => response.text());
    await new Promise((resolve) => setTimeout(resolve, 1000));
    docker('kill', '--signal=TERM', container.id);
    expect(await slow).toBe('finished');
    expect(docker('wait', container.id)).toBe('143');
  });
});

describe('a certificate authority of a company', () => {
  const certificates = join(workspace.path, 'certificates');
  const script = join(workspace.path, 'entrypoint.sh');

  beforeAll(() => {
    mkdirSync(certificates);
    chmodSync(certificates, 0o777);
    const keytool = (...args: readonly string[]): string =>
      docker('run', '--rm', `--volume=${certificates}:/c`, '--entrypoint=keytool', 'eclipse-temurin:17-jdk', ...args);
    const store = ['-storepass', 'changeit', '-noprompt'];
    const key = ['-alias', 'company', '-keyalg', 'EC', '-dname', 'CN=company', '-ext', 'san=ip:127.0.0.1'];
    keytool('-genkeypair', ...key, '-keystore', '/c/server.p12', ...store);
    keytool(
      '-exportcert',
      '-rfc',
      '-alias',
      'company',
      '-keystore',
      '/c/server.p12',
      '-file',
      '/c/company.crt',
      ...store,
    );
    keytool('-importcert', '-alias', 'company', '-keystore', '/c/trust.p12', '-file', '/c/company.crt', ...store);
    docker(
      'run',
      '--rm',
      `--volume=${certificates}:/c`,
      '--entrypoint=chmod',
      'eclipse-temurin:17-jdk',
      '-R',
      'a+r',
      '/c',
    );
    writeFileSync(script, officialWay);
    chmodSync(script, 0o755);
  });

  it.each([
    ['no way', [], 'not trusted'],
    [
      'a trust store that $JAVA_OPTS names',
      [
        '--env=JAVA_OPTS=-Djavax.net.ssl.trustStore=/certificates/trust.p12 -Djavax.net.ssl.trustStorePassword=changeit',
      ],
      'ok',
    ],
    [
      '$USE_SYSTEM_CA_CERTS and /certificates',
      ['--env=USE_SYSTEM_CA_CERTS=1', `--volume=${script}:/__cacert_entrypoint.sh:ro`],
      'ok',
    ],
  ])('by %s', async (_how, options, answer) => {
    const container = start(`--volume=${certificates}:/certificates:ro`, ...options);
    serveTls(container, certificates);
    expect(await askContainer(container, '/fetch?url=https://127.0.0.1:8443/')).toBe(`200 ${answer}`);
  });
});
