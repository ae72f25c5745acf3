import { Failure } from '../../core/failure.js';
import { type Evidence, type Fact, fact, type Hints, type Rejected } from '../../core/project.js';
import type { Token } from './lex.js';
import type { GoFile } from './package.js';
import type { Program } from './program.js';

interface Found extends Evidence {
  readonly value: string;
}

/**
 * The port the program listens on: the only one that its sources write as a listen address (`":6767"`), as the value of a
 * name such as `defaultPort`, or as the default of a setting named port. Two different ones are no answer: undefined.
 * Throws `settings.invalid` for a hint that is no port.
 */
export function detectPort(program: Program, hints: Hints): Fact | undefined {
  const found = program.files.flatMap(findPorts);
  const [first, ...rest] = found;
  const hint = hints.port;
  if (hint)
    return fact(checkedHint(hint), { because: `set by ${hint.origin}` }, otherValues(found, String(hint.value)));
  if (!first || rest.some(({ value }) => value !== first.value)) return undefined;
  const { value, ...evidence } = first;
  return fact(value, evidence);
}

function otherValues(found: readonly Found[], value: string): readonly Rejected[] {
  return found.filter(
    (one, index) => one.value !== value && found.findIndex((other) => other.value === one.value) === index,
  );
}

function checkedHint(hint: NonNullable<Hints['port']>): string {
  const value = String(hint.value);
  if (isPort(value)) return value;
  throw new Failure('settings.invalid', {
    message: `port is '${value.slice(0, 40)}', which is no TCP port`,
    where: hint.origin,
    remedy: 'Give a number from 1 to 65535.',
  });
}

function findPorts({ file, tokens }: GoFile): readonly Found[] {
  return tokens.flatMap((token, index) => {
    const value =
      listenAddress(token) ?? namedValue(tokens, index) ?? settingDefault(tokens, index) ?? structTag(token);
    if (value === undefined || !isPort(value.port)) return [];
    return [{ value: value.port, file, line: token.line, because: value.because }];
  });
}

interface Reading {
  readonly port: string;
  readonly because: string;
}

/** `":6767"`, `"0.0.0.0:6767"`: an address of all interfaces is one to listen on; with another host it may be a client's. */
function listenAddress(token: Token): Reading | undefined {
  const port = token.type === 'text' ? /^(?:0\.0\.0\.0|\[::\])?:(\d{2,5})$/.exec(token.value)?.[1] : undefined;
  return port === undefined ? undefined : { port, because: `listens on "${token.value}"` };
}

/** `defaultPort = 6767`, `port := "6767"`, `Port: 6767`, `httpPort int = 6767`. */
function namedValue(tokens: readonly Token[], index: number): Reading | undefined {
  const name = tokens[index];
  if (name?.type !== 'word' || !isPortName(name.value)) return undefined;
  const typed = tokens[index + 1]?.type === 'word' ? 1 : 0;
  const assigns = ['=', ':=', ':'].includes(tokens[index + 1 + typed]?.value ?? '');
  const port = assigns ? numberOf(tokens[index + 2 + typed]) : undefined;
  return port === undefined ? undefined : { port, because: `${name.value} is ${port}` };
}

/** `getEnv("PORT", "6767")`, `flag.Int("port", 6767, …)`, `SetDefault("server.port", 6767)`. */
function settingDefault(tokens: readonly Token[], index: number): Reading | undefined {
  const name = tokens[index];
  if (name?.type !== 'text' || tokens[index + 1]?.value !== ',' || !isPortName(name.value)) return undefined;
  const port = numberOf(tokens[index + 2]);
  return port === undefined ? undefined : { port, because: `the default of "${name.value}" is ${port}` };
}

/** `env:"PORT" envDefault:"6767"` (caarlos0/env), `envconfig:"PORT" default:"6767"` (kelseyhightower/envconfig). */
function structTag(token: Token): Reading | undefined {
  if (token.type !== 'text' || !token.value.includes('efault:"')) return undefined;
  const name = /(?:env|envconfig|name|mapstructure):"([^",]+)/.exec(token.value)?.[1];
  const port = /(?:^|\s)(?:envDefault|default):"(\d+)"/.exec(token.value)?.[1];
  if (name === undefined || port === undefined || !isPortName(name)) return undefined;
  return { port, because: `the default of ${name} is ${port}` };
}

/** Names of the port of the service itself, not of its database, its metrics or its debugger. */
function isPortName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.includes('port') && words.every((word) => portWords.has(word));
}

const portWords = new Set('port default http server listen listening api web app service rest my the bind'.split(' '));

function numberOf(token: Token | undefined): string | undefined {
  if (token?.type !== 'number' && token?.type !== 'text') return undefined;
  return /^\d{2,5}$/.exec(token.value.replaceAll('_', ''))?.[0];
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65535;
}
