import { type Evidence, type Fact, fact, type Rejected } from '../../core/project.js';
import { type ApplicationConfig, type ConfigValue, configAt, resolveConfig } from '../../jvm/application-config.js';
import { isPortless, isWebArtifact } from '../../jvm/boot-libraries.js';
import type { Dependency } from '../../jvm/candidate.js';
import { artifactsOf } from '../../jvm/candidate.js';

/**
 * The port the application listens on. Undefined where it listens on none, or on any that is free. What only the
 * environment can tell is Spring Boot's default.
 */
export function findPort(config: ApplicationConfig, dependencies: readonly Dependency[]): Fact | undefined {
  const type = configAt(config, 'spring.main.web-application-type');
  if (type?.value.toLowerCase() === 'none') return undefined;
  const set = configAt(config, 'server.port');
  if (!set) return isPortless(dependencies.map(({ id }) => id)) ? undefined : defaultPort([]);
  const port = resolveConfig(config, set.value);
  if (port !== undefined && /^(?:0|-\d+)$/.test(port)) return undefined;
  if (port === undefined || !isPort(port)) return defaultPort([{ ...placeOf(set, 'server.port'), value: set.value }]);
  return fact(String(Number(port)), placeOf(set, 'server.port', port));
}

function defaultPort(rejected: readonly Rejected[]): Fact {
  return fact('8080', { because: 'Spring Boot default' }, rejected);
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
}

function placeOf({ file, line, value }: ConfigValue, key: string, resolved = value): Evidence {
  const shown = value.slice(0, 80);
  return {
    file,
    line,
    because: resolved === value ? `${key} is ${shown}` : `${key} is ${shown}, ${resolved} by default`,
  };
}

/**
 * The path of the actuator's health endpoint on the application's own port. Undefined where the actuator is not used, or
 * health is not exposed, is on a port of its own, speaks TLS, or its path is known only to the environment.
 */
export function findHealth(config: ApplicationConfig, dependencies: readonly Dependency[]): Fact | undefined {
  const actuator = dependencies.find(({ id }) => /:spring-boot-(?:starter-)?actuator(?:-autoconfigure)?$/.test(id));
  if (!actuator || !isExposed(config) || !isOnOwnPort(config)) return undefined;
  const web = artifactsOf(dependencies).some((artifact) => /webflux/.test(artifact) && isWebArtifact(artifact));
  const keys = [
    { key: web ? 'spring.webflux.base-path' : 'server.servlet.context-path', otherwise: '' },
    { key: 'management.endpoints.web.base-path', otherwise: '/actuator' },
    { key: 'management.endpoints.web.path-mapping.health', otherwise: 'health' },
  ];
  const parts = keys.map(({ key, otherwise }) => pathPart(config, key, otherwise));
  if (parts.includes(undefined)) return undefined;
  const path = `/${parts
    .flatMap((part) => part?.split('/') ?? [])
    .filter((part) => part !== '')
    .join('/')}`;
  if (!/^[A-Za-z0-9/._~-]{1,200}$/.test(path)) return undefined;
  const moved = keys.flatMap(({ key }) => {
    const value = configAt(config, key);
    return value ? [placeOf(value, key)] : [];
  });
  return fact(path, [actuator.from, ...moved]);
}

function pathPart(config: ApplicationConfig, key: string, otherwise: string): string | undefined {
  const value = configAt(config, key);
  return value ? resolveConfig(config, value.value) : otherwise;
}

function isExposed(config: ApplicationConfig): boolean {
  const text = (key: string): string | undefined => configAt(config, key)?.value.toLowerCase();
  const names = (key: string): readonly string[] | undefined =>
    text(key)
      ?.split(',')
      .map((name) => name.trim());
  const included = names('management.endpoints.web.exposure.include') ?? ['health'];
  const excluded = names('management.endpoints.web.exposure.exclude') ?? [];
  const off =
    text('management.endpoint.health.enabled') === 'false' || text('management.endpoint.health.access') === 'none';
  const byDefault =
    text('management.endpoints.enabled-by-default') !== 'false' ||
    text('management.endpoint.health.enabled') === 'true';
  return !off && byDefault && has(included) && !has(excluded);
}

function has(names: readonly string[]): boolean {
  return names.includes('*') || names.includes('health');
}

function isOnOwnPort(config: ApplicationConfig): boolean {
  const management = configAt(config, 'management.server.port');
  const own = configAt(config, 'server.port')?.value ?? '8080';
  if (management && resolveConfig(config, management.value) !== resolveConfig(config, own)) return false;
  const tls = [...config.keys()].some((key) => /^server\.ssl\.(?:keystore|certificate|bundle)$/.test(key));
  return !tls || configAt(config, 'server.ssl.enabled')?.value === 'false';
}
