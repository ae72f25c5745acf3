import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ClientFile, ClientSettings } from '../core/client-settings.js';
import { describeError, Failure } from '../core/failure.js';
import type { MountPlan } from '../core/plan.js';
import type { MountName } from '../core/recipe.js';
import { Secret } from '../core/secret.js';
import { quoteShell } from '../core/shell.js';
import {
  adaptGoEnvironment,
  adaptGradleProperties,
  adaptMavenSettings,
  adaptNpmrc,
  type ClientText,
  readNetrc,
} from './client-texts.js';
import { renderJavaTrustStore } from './java-trust-store.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where distributions keep the bundle of certificates that the machine trusts; the first that is there counts. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** The variables by which clients are told a bundle: Node, Go and OpenSSL, curl, Python, git. */
const bundleVariables = [
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'CURL_CA_BUNDLE',
  'REQUESTS_CA_BUNDLE',
  'PIP_CERT',
  'GIT_SSL_CAINFO',
];

/** Reads this host's client settings: the files where clients keep them, and what the environment says instead. */
export function readClientSettings(environment: Environment = process.env, home: string = homedir()): ClientSettings {
  return async (mounts) => {
    const files = await Promise.all(mounts.map((mount) => readMount(mount, environment, home)));
    return files.flat();
  };
}

async function readMount(mount: MountPlan, environment: Environment, home: string): Promise<readonly ClientFile[]> {
  if (mount.name === 'ca') return readBundle(mount, environment, home);
  return [...(await readText(mount, environment, home)), ...readVariables(mount, environment)];
}

/** What a shell sets when it reads the file. A variable that the host has not stays away: the client says what it lacks. */
function readVariables({ variables = [] }: MountPlan, environment: Environment): readonly ClientFile[] {
  const given = variables.flatMap((name) => {
    const value = environment[name];
    return value === undefined || !/^[A-Za-z_]\w*$/.test(name) ? [] : [[name, value] as const];
  });
  if (given.length === 0) return [];
  const text = given.map(([name, value]) => `${name}=${quoteShell(value)}\n`).join('');
  const secrets = given.flatMap(([, value]) => (value === '' ? [] : [new Secret(value)]));
  return [{ name: 'npm-variables', content: Buffer.from(text), env: { SLIPWAY_NPM_VARIABLES: '{file}' }, secrets }];
}

async function readText(mount: MountPlan, environment: Environment, home: string): Promise<readonly ClientFile[]> {
  const { candidates, path, adapt, always } = textMounts[mount.name as Exclude<MountName, 'ca'>];
  const content = await readFirst(mount, candidates(environment, home), home);
  if (content === undefined && !always) return [];
  const adapted = adapt(content?.toString('utf8') ?? '', environment);
  if (adapted === undefined) return [];
  const env: Record<string, string> = mount.name === 'go-env' ? { GOENV: '{file}' } : {};
  const file = { name: mount.name, content: Buffer.from(adapted.text), env, secrets: adapted.secrets };
  return [{ ...file, ...(path !== undefined && { path }) }];
}

interface TextMount {
  /** The client's usual places on the host. */
  readonly candidates: (environment: Environment, home: string) => readonly string[];
  /** Where the client looks in the builder. */
  readonly path?: string;
  /** The text as it makes sense in a builder; undefined when nothing is left. */
  readonly adapt: (text: string, environment: Environment) => ClientText | undefined;
  /** The environment alone may say something. */
  readonly always?: boolean;
}

const textMounts: Readonly<Record<Exclude<MountName, 'ca'>, TextMount>> = {
  npmrc: {
    candidates: (environment, home) => [environment.NPM_CONFIG_USERCONFIG || join(home, '.npmrc')],
    path: '/root/.npmrc',
    adapt: adaptNpmrc,
    always: true,
  },
  'maven-settings': {
    candidates: (_, home) => [join(home, '.m2', 'settings.xml')],
    path: '/root/.m2/settings.xml',
    adapt: adaptMavenSettings,
  },
  netrc: {
    candidates: (environment, home) => [environment.NETRC || join(home, '.netrc'), join(home, '_netrc')],
    path: '/root/.netrc',
    adapt: readNetrc,
  },
  'go-env': {
    candidates: (environment, home) => [
      environment.GOENV || join(environment.XDG_CONFIG_HOME || join(home, '.config'), 'go', 'env'),
    ],
    adapt: adaptGoEnvironment,
    always: true,
  },
  'gradle-properties': {
    candidates: (environment, home) => [
      join(environment.GRADLE_USER_HOME || join(home, '.gradle'), 'gradle.properties'),
    ],
    path: '/root/.gradle/gradle.properties',
    adapt: adaptGradleProperties,
  },
};

async function readBundle(mount: MountPlan, environment: Environment, home: string): Promise<readonly ClientFile[]> {
  const content = await readFirst(
    mount,
    [...(environment.SSL_CERT_FILE ? [environment.SSL_CERT_FILE] : []), ...bundles],
    home,
  );
  if (content === undefined) return [];
  const env = Object.fromEntries(bundleVariables.map((name) => [name, '{file}']));
  const store = renderJavaTrustStore(content.toString('latin1'));
  const java = { JAVA_TOOL_OPTIONS: '-Djavax.net.ssl.trustStore={file}' };
  return [
    { name: 'ca.pem', content, env, secrets: [] },
    ...(store ? [{ name: 'ca.jks', content: store, env: java, secrets: [] }] : []),
  ];
}

/** The first candidate that is there. A path that the settings name has to be there. */
async function readFirst(mount: MountPlan, candidates: readonly string[], home: string): Promise<Buffer | undefined> {
  const named = mount.path?.replace(/^~(?=\/|$)/, () => home);
  for (const path of named === undefined ? candidates : [named]) {
    try {
      return await readFile(path);
    } catch (error) {
      const missing = named === undefined && error instanceof Error && Reflect.get(error, 'code') === 'ENOENT';
      if (!missing) throw unreadable(mount, path, error);
    }
  }
  return undefined;
}

function unreadable(mount: MountPlan, path: string, cause: unknown): Failure {
  return new Failure('build.mount', {
    message: `The file for the mount '${mount.name}' cannot be read: ${describeError(cause)}`,
    where: path,
    remedy: `Correct its path under build.mounts, or take '${mount.name}' out.`,
    cause,
  });
}
