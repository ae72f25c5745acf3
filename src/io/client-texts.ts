import { Secret } from '../core/secret.js';

/** A client's settings as a builder gets them, and what in them must never be printed. */
export interface ClientText {
  readonly text: string;
  readonly secrets: readonly Secret[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Settings of npm that name places on the host, where the builder has other things or nothing. */
const npmHostKeys = new Set(
  'cache cafile certfile globalconfig init-module keyfile logs-dir nodedir prefix script-shell shell tmp userconfig'.split(
    ' ',
  ),
);

/**
 * `.npmrc`: `${NAME}` is replaced, since the builder has not the host's environment, and `npm_config_registry` of that
 * environment wins as it does on the host.
 */
export function adaptNpmrc(text: string, environment: Environment): ClientText | undefined {
  const registry = environment.npm_config_registry ?? environment.NPM_CONFIG_REGISTRY;
  const lines = `${text}\n${registry ? `registry=${registry}\n` : ''}`
    .split(/\r?\n/)
    .filter((line) => !npmHostKeys.has(keyIn(line).replaceAll('_', '-')))
    .map((line) =>
      line.replace(
        /\$\{(\w+)(\?)?\}/g,
        (whole, name: string, optional) => environment[name] ?? (optional ? '' : whole),
      ),
    );
  const secrets: string[] = [];
  for (const line of lines) {
    const value = valueIn(line);
    if (/(?:^|:)_(?:authToken|auth|password)$/.test(keyIn(line)))
      secrets.push(value, decoded(value), passwordIn(decoded(value)));
    secrets.push(...urlPasswords(value));
  }
  return finish(lines, secrets);
}

/** `settings.xml`: `${env.NAME}` is replaced; `<localRepository>` goes, since the builder's is a cache volume. */
export function adaptMavenSettings(text: string, environment: Environment): ClientText | undefined {
  const adapted = text
    .replace(/<localRepository>[^<]*<\/localRepository>/g, '')
    .replace(/\$\{env\.(\w+)\}/g, (whole, name: string) => {
      const value = environment[name];
      return value === undefined ? whole : escapeXml(value);
    });
  const elements = [...adapted.matchAll(/<(password|passphrase|value|token)>([^<]*)<\/\1>/g)];
  // `<value>` holds headers with tokens, and also plain flags.
  const secrets = elements
    .map(([, name, value = '']) => (name === 'value' && value.length < 8 ? '' : unescapeXml(value.trim())))
    .filter((value) => value !== '');
  return finish([adapted], [...secrets, ...urlPasswords(adapted)]);
}

/** `.netrc`, as it is. */
export function readNetrc(text: string): ClientText | undefined {
  const words = text.split(/\s+/);
  const secrets = words.filter((_, index) => ['password', 'account'].includes(words[index - 1] ?? ''));
  return finish([text], secrets);
}

/** Go's variables that say where modules come from and who is trusted; the others are about the host's own tree. */
const goKeys = ['GOAUTH', 'GOINSECURE', 'GONOPROXY', 'GONOSUMDB', 'GOPRIVATE', 'GOPROXY', 'GOSUMDB', 'GOVCS'];

/** The file behind `go env -w`, with the environment's own values over it, as `go env` shows them. */
export function adaptGoEnvironment(text: string, environment: Environment): ClientText | undefined {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) values.set(keyIn(line), valueIn(line));
  for (const key of goKeys) {
    const value = environment[key];
    if (value) values.set(key, value);
  }
  const lines = goKeys.flatMap((key) => (values.get(key) ? [`${key}=${values.get(key)?.replaceAll('\n', '')}`] : []));
  if (lines.length === 0) return undefined;
  return finish([...lines, ''], lines.flatMap(urlPasswords));
}

/** `gradle.properties` of the user: without the host's JDKs. */
export function adaptGradleProperties(text: string): ClientText | undefined {
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*org\.gradle\.java\./.test(line));
  const secret = lines.filter((line) => /password|passwd|token|secret|credential|apikey/i.test(keyIn(line)));
  return finish(lines, [...secret.map(valueIn), ...lines.flatMap(urlPasswords)]);
}

function finish(lines: readonly string[], secrets: readonly string[]): ClientText | undefined {
  const text = lines.join('\n');
  if (text.trim() === '') return undefined;
  return { text, secrets: [...new Set(secrets)].filter((value) => value !== '').map((value) => new Secret(value)) };
}

function keyIn(line: string): string {
  return (line.split('=')[0] ?? '').trim();
}

function valueIn(line: string): string {
  const at = line.indexOf('=');
  if (at < 0) return '';
  return line
    .slice(at + 1)
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2');
}

function urlPasswords(text: string): string[] {
  return [...text.matchAll(/:\/\/[^\s/:@,|]*:([^\s/@]+)@/g)].map(([, password = '']) => password);
}

/** npm keeps `_password` and `_auth` as base64. */
function decoded(value: string): string {
  return /^[A-Za-z0-9+/]{4,}={0,2}$/.test(value) ? Buffer.from(value, 'base64').toString('utf8') : '';
}

function passwordIn(login: string): string {
  return login.includes(':') ? login.slice(login.indexOf(':') + 1) : '';
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
