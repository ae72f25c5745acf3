import { Failure } from '../../core/failure.js';
import { type Fact, fact } from '../../core/project.js';
import { type ApplicationConfig, configAt, resolveConfig } from '../../jvm/application-config.js';
import type { Dependency } from '../../jvm/candidate.js';
import type { JavaModel } from './model.js';
import type { Way } from './way.js';

interface Setting {
  readonly value: string;
  readonly file?: string;
  readonly line?: number;
}

/**
 * A setting of Quarkus at build time, `%prod` before all profiles. The application's own wins over a property of the pom (seen with
 * 3.15: fast-jar there and uber-jar in the pom make a fast-jar); Gradle's plugin asks the project's properties first.
 */
function settingOf(model: JavaModel, config: ApplicationConfig, key: string): Setting | undefined {
  const property = model.property(key);
  const built = property && { ...property.from[0], value: property.value };
  const found = configAt(config, `%prod.${key}`) ?? configAt(config, key);
  const own = found && { ...found, value: resolveConfig(config, found.value) ?? found.value };
  return model.tool === 'maven' ? (own ?? built) : (built ?? own);
}

const packages = ['fast-jar', 'uber-jar', 'legacy-jar', 'mutable-jar'];

/**
 * What Quarkus packages (https://quarkus.io/guides/maven-tooling#build-tool-maven): its directory, unless the configuration says otherwise.
 * Throws `detect.unsupported` for a native executable and for a type that Slipway does not know.
 */
export function quarkusWay(model: JavaModel, config: ApplicationConfig): Way {
  const { way } = model;
  refuseNative(model, config);
  const type = settingOf(model, config, 'quarkus.package.jar.type') ?? settingOf(model, config, 'quarkus.package.type');
  const name = (type?.value ?? 'fast-jar')
    .replace(/^(?:jar|fast)$/, 'fast-jar')
    .replace(/^(?:uber|legacy|mutable)$/, '$&-jar');
  if (!packages.includes(name)) throw unsupportedPackage(type, name);
  const because = `${way.from.because} as ${name}`;
  const from = type ? { ...way.from, because } : way.from;
  const directory = settingOf(model, config, 'quarkus.package.output-directory')?.value;
  if (directory !== undefined && !/^\w[\w.-]{0,99}$/.test(directory)) throw unsupportedPackage(type, directory);
  if (name === 'fast-jar' || name === 'mutable-jar') {
    return { ...way, from, output: `${way.output}/${directory ?? 'quarkus-app'}` };
  }
  const hasSuffix = settingOf(model, config, 'quarkus.package.jar.add-runner-suffix')?.value !== 'false';
  const suffix = settingOf(model, config, 'quarkus.package.runner-suffix')?.value.replace(/^-/, '') ?? 'runner';
  return {
    ...way,
    from,
    output: directory === undefined ? way.output : `${way.output}/${directory}`,
    distribution: name === 'uber-jar' ? 'jar' : 'jar-with-libraries',
    ...(hasSuffix && suffix !== '' && { classifier: suffix }),
  };
}

function refuseNative(model: JavaModel, config: ApplicationConfig): void {
  const native = ['quarkus.native.enabled', 'quarkus.package.type'].map((key) => settingOf(model, config, key));
  const found = native.find((setting) => setting && /^(?:true|native|native-sources)$/.test(setting.value));
  if (!found) return;
  throw new Failure('detect.unsupported', {
    message: 'Quarkus is told to make a native executable, which needs GraalVM in the builder',
    where: placeOf(found),
    remedy:
      'Make a jar by default and the native executable by a profile that is not active, or write its Dockerfile by hand.',
  });
}

function unsupportedPackage(type: Setting | undefined, value: string): Failure {
  return new Failure('detect.unsupported', {
    message: `Slipway does not know what Quarkus leaves for '${value.slice(0, 100)}'`,
    where: placeOf(type),
    remedy: 'Set quarkus.package.jar.type to one of these, and leave quarkus.package.output-directory alone.',
    candidates: packages,
  });
}

function placeOf(setting: Setting | undefined): string {
  return setting?.file === undefined ? 'quarkus.package.jar.type' : `${setting.file}:${setting.line ?? 1}`;
}

const serverExtension =
  /^quarkus-(?:rest|resteasy|vertx-http|vertx-web|undertow|reactive-routes|websockets|web|spring-web|qute-web|smallrye-(?:health|openapi|graphql|metrics)|hal|swagger-ui|funqy-http|messaging-http|oidc$|micrometer)/;

/** Port of Quarkus's HTTP server: 8080 unless set; none where no extension brings the server. */
export function quarkusPort(model: JavaModel, config: ApplicationConfig): Fact | undefined {
  const server = model.dependencies.find(({ id }) => serverExtension.test(artifactOf(id)));
  if (!server) return undefined;
  const set = settingOf(model, config, 'quarkus.http.port');
  if (set?.value === '0') return undefined;
  if (!set) return fact('8080', { ...server.from, because: `${server.from.because}; 8080 is Quarkus's default` });
  if (!/^[1-9]\d{0,4}$/.test(set.value)) return undefined;
  return fact(set.value, evidenceOf(set, 'quarkus.http.port'));
}

/** Path of SmallRye Health (https://quarkus.io/guides/smallrye-health) on the application's own port. */
export function quarkusHealth(model: JavaModel, config: ApplicationConfig): Fact | undefined {
  const extension = model.dependencies.find(({ id }) => artifactOf(id) === 'quarkus-smallrye-health');
  if (!extension || settingOf(model, config, 'quarkus.management.enabled')?.value === 'true') return undefined;
  const roots = [
    'quarkus.http.root-path',
    'quarkus.http.non-application-root-path',
    'quarkus.smallrye-health.root-path',
  ];
  const set = roots.map((key) => settingOf(model, config, key));
  const [root = '/', other = 'q', health = 'health'] = set.map((setting) => setting?.value);
  const path = under(under(under('/', root), other), health);
  if (!/^\/[\w/.~-]{1,200}$/.test(path)) return undefined;
  const moved = set.flatMap((setting, index) => (setting ? [evidenceOf(setting, roots[index] ?? '')] : []));
  return fact(path, [extension.from, ...moved]);
}

/** A path that begins with `/` is not below the root before it. */
function under(root: string, path: string): string {
  const whole = path.startsWith('/') ? path : `${root}/${path}`;
  return `/${whole
    .split('/')
    .filter((part) => part !== '')
    .join('/')}`;
}

function evidenceOf({ file, line, value }: Setting, key: string): Dependency['from'] {
  return {
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
    because: `${key} is ${value.slice(0, 80)}`,
  };
}

function artifactOf(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}
