import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askContainer, removeContainers, removeImages, startContainer } from '../dockerfile/container.js';
import { makeWorkspace, slipway } from '../support/cli.js';
import { docker } from '../support/docker.js';
import { testRegistry } from '../support/engine-state.js';

const source = `import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

public class Hello {
  public static void main(String[] args) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
    byte[] text = ("hello from Java " + Runtime.version().feature()).getBytes();
    server.createContext("/", exchange -> {
      exchange.sendResponseHeaders(200, text.length);
      exchange.getResponseBody().write(text);
      exchange.close();
    });
    server.start();
  }
}
`;

const workspace = makeWorkspace();
const repository = `slipway-test-jar-${process.pid}`;
const image = `${testRegistry()}/${repository}/hello:1.4.0`;
const containers: string[] = [];

beforeAll(() => {
  execFileSync(resolve('test/engine/images.sh'), ['--quiet', 'eclipse-temurin:21-jdk'], { stdio: 'inherit' });
}, 600_000);

afterAll(() => {
  removeContainers(containers);
  removeImages([image]);
  workspace.remove();
});

it('ships a jar that somebody else built, alone in its directory, under the version that it states', async () => {
  const jar = makeJar('hello.jar');
  const release = join(workspace.path, 'release.json');
  const args = ['ship', jar, '--registry', `${testRegistry()}/${repository}`, '--set', 'port=8080', '--no-deploy'];
  const { code, stderr } = await slipway([...args, '--out', release], {
    env: { SLIPWAY_STATE_DIRECTORY: join(workspace.path, 'state') },
  });
  expect({ code, stderr: code === 0 ? '' : stderr.slice(-4000) }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(readFileSync(release, 'utf8'))).toMatchObject({ kind: 'java', version: '1.4.0' });
  const container = startContainer(image, '8080', ['--read-only', '--tmpfs=/tmp', '--cap-drop=ALL']);
  containers.push(container.id);
  // The class files are Java 17's, so is the JRE.
  expect(await askContainer(container, '/')).toBe('200 hello from Java 17');
  docker('stop', '--time', '10', container.id);
  expect(docker('inspect', '--format', '{{.State.ExitCode}}', container.id)).toBe('143');
}, 300_000);

/** Compiled for Java 17 by a later JDK: what built it says nothing of what it needs. */
function makeJar(name: string): string {
  const directory = join(workspace.path, 'target');
  mkdirSync(directory);
  writeFileSync(join(directory, 'Hello.java'), source);
  writeFileSync(join(directory, 'manifest.txt'), 'Main-Class: Hello\nImplementation-Version: 1.4.0\n');
  writeFileSync(join(directory, 'unrelated.txt'), 'not for the builder');
  const script = `javac --release 17 -d classes Hello.java && jar cfm ${name} manifest.txt -C classes .`;
  docker('run', '--rm', '-v', `${directory}:/work`, '-w', '/work', 'eclipse-temurin:21-jdk', 'sh', '-c', script);
  return join(directory, name);
}
