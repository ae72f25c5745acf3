import { type Evidence, type Fact, fact } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { type ApplicationConfig, type ConfigValue, configAt, resolveConfig } from '../../jvm/application-config.js';
import type { Dependency } from '../../jvm/candidate.js';
import { fileIn } from '../../jvm/paths.js';
import type { JavaModel } from './model.js';
import { quarkusHealth, quarkusPort } from './quarkus.js';

/** Where a program listens, as far as its framework's configuration says. */
export interface Service {
  readonly port?: Fact;
  readonly health?: Fact;
}

/**
 * Port and health of a program by the framework it is made with. What stands only in its code is not known: then there is no
 * port, and a person sets it.
 */
export function findService(tree: SourceTree, model: JavaModel, config: ApplicationConfig): Service {
  if (/quarkus/.test(model.because.because)) {
    return service(quarkusPort(model, config), quarkusHealth(model, config));
  }
  const micronaut = findDependency(
    model,
    /^io\.micronaut(?:\.[\w.-]+)?:micronaut-http-server-(?:netty|jetty|tomcat|undertow)$/,
  );
  if (micronaut) return service(micronautPort(config, micronaut), micronautHealth(model, config));
  if (findDependency(model, /^io\.helidon\./)) return service(configuredPort(config, 'server.port'), undefined);
  if (findDependency(model, /^io\.ktor:ktor-server-/)) return service(ktorPort(tree, model, config), undefined);
  return {};
}

function service(port: Fact | undefined, health: Fact | undefined): Service {
  return { ...(port && { port }), ...(port && health && { health }) };
}

function findDependency(model: JavaModel, pattern: RegExp): Dependency | undefined {
  return model.dependencies.find(({ id }) => pattern.test(id));
}

/** A port that stands in the configuration; a random one is none. */
function configuredPort(config: ApplicationConfig, key: string): Fact | undefined {
  const set = configAt(config, key);
  const port = set && resolveConfig(config, set.value);
  return set && port !== undefined && isPort(port) ? fact(port, placeOf(set, key, port)) : undefined;
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65535;
}

function placeOf({ file, line, value }: ConfigValue, key: string, resolved = value): Evidence {
  const shown = `${key} is ${value.slice(0, 80)}`;
  return { file, line, because: resolved === value ? shown : `${shown}, ${resolved} by default` };
}

/** https://docs.micronaut.io/latest/guide/#serverConfiguration: 8080, or a random one for -1. */
function micronautPort(config: ApplicationConfig, server: Dependency): Fact | undefined {
  if (configAt(config, 'micronaut.server.port')) return configuredPort(config, 'micronaut.server.port');
  return fact('8080', { ...server.from, because: `${server.from.because}; 8080 is Micronaut's default` });
}

/** https://docs.micronaut.io/latest/guide/#healthEndpoint, unless it is off, moved, or on a port or in TLS of its own. */
function micronautHealth(model: JavaModel, config: ApplicationConfig): Fact | undefined {
  const management = findDependency(model, /^io\.micronaut(?:\.[\w.-]+)?:micronaut-management$/);
  const moved = ['endpoints.all.port', 'endpoints.all.path', 'endpoints.all.base-path', 'endpoints.health.path'];
  const isOff = ['endpoints.health.enabled', 'endpoints.all.enabled'].some(
    (key) => configAt(config, key)?.value === 'false',
  );
  const isTls = configAt(config, 'micronaut.server.ssl.enabled')?.value === 'true';
  if (!management || isOff || isTls || moved.some((key) => configAt(config, key))) return undefined;
  const context = configAt(config, 'micronaut.server.context-path');
  const root = context ? resolveConfig(config, context.value) : '';
  if (root === undefined || !/^[\w/.~-]{0,100}$/.test(root)) return undefined;
  const path = `/${`${root}/health`
    .split('/')
    .filter((part) => part !== '')
    .join('/')}`;
  return fact(path, [management.from, ...(context ? [placeOf(context, 'micronaut.server.context-path')] : [])]);
}

/** `ktor.deployment.port` of application.yaml, or of application.conf, where an environment variable may follow it. */
function ktorPort(tree: SourceTree, model: JavaModel, config: ApplicationConfig): Fact | undefined {
  const fromYaml = configuredPort(config, 'ktor.deployment.port');
  if (fromYaml) return fromYaml;
  const file = fileIn(model.directory, 'src/main/resources/application.conf');
  const lines = (tree.read(file) ?? '').split('\n', 2000);
  const inside = lines.findIndex((line) => /^\s{0,40}(?:ktor\.)?deployment\b/.test(line.slice(0, 200)));
  if (inside < 0) return undefined;
  for (const [index, line] of lines.slice(inside, inside + 20).entries()) {
    const port = /^(?:.{0,80}[\s{])?port\s{0,9}[=:]\s{0,9}"?(\d{1,5})"?/.exec(line.slice(0, 200))?.[1];
    if (port !== undefined && isPort(port)) {
      return fact(port, { file, line: inside + index + 1, because: `ktor.deployment.port is ${port}` });
    }
  }
  return undefined;
}
