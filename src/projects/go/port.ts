import { Failure } from '../../core/failure.js';
import { type Evidence, type Fact, fact, type Hints, type Rejected } from '../../core/project.js';
import type { Token } from './lex.js';
import type { GoFile } from './package.js';
import type { Program } from './program.js';
import { callAround, isSequence } from './syntax.js';

interface Found extends Evidence {
  readonly value: string;
  /** Of metrics, a debugger or the like: not the service's own. */
  readonly aside?: boolean;
}

/** What is known of the port. */
export interface PortFacts {
  readonly port?: Fact;
  /** The variable that the image sets to the port, where the program gets it from there alone. */
  readonly variable?: Fact;
}

/** What an image listens on whose program leaves that to its environment. */
const conventionalPort = '8080';

/**
 * The port the program listens on: the only one that its sources write as a listen address (`":6767"`), as the value of a
 * name such as `defaultPort`, or as the default of a setting named port, those of metrics and debuggers aside. Where the
 * environment alone says it, the image sets it. Two different ones are no answer: neither is known. Throws
 * `settings.invalid` for a hint that is no port, `detect.unsupported` for a program that only its own container reaches.
 */
export function detectPort(program: Program, hints: Hints): PortFacts {
  const all = program.files.flatMap(findPorts);
  const found = all.filter(({ aside }) => !aside);
  const variable = program.files.flatMap(findPortVariables)[0];
  const [first, ...rest] = found;
  const hint = hints.port;
  if (hint) {
    const value = checkedHint(hint);
    const isOther = variable !== undefined && found.every((one) => one.value !== value);
    const port = fact(value, { because: `set by ${hint.origin}` }, otherValues(all, value));
    return { port, ...(isOther && { variable: factOfVariable(variable) }) };
  }
  if (!first) return variable ? fromEnvironment(variable, otherValues(all, conventionalPort)) : onlyLocal(program);
  if (rest.some(({ value }) => value !== first.value)) return {};
  return { port: fact(first.value, evidenceOf(first), otherValues(all, first.value)) };
}

function fromEnvironment(variable: Found, rejected: readonly Rejected[]): PortFacts {
  const { file, line } = evidenceOf(variable);
  const because = `takes its port from ${variable.value}, which the image sets to ${conventionalPort}`;
  const evidence = { ...(file !== undefined && { file }), ...(line !== undefined && { line }), because };
  return { port: fact(conventionalPort, evidence, rejected), variable: factOfVariable(variable) };
}

function factOfVariable(variable: Found): Fact {
  return fact(variable.value, evidenceOf(variable));
}

function evidenceOf({ file, line, because }: Found): Evidence {
  return { ...(file !== undefined && { file }), ...(line !== undefined && { line }), because };
}

function otherValues(found: readonly Found[], value: string): readonly Rejected[] {
  return found
    .filter((one, index) => one.value !== value && found.findIndex((other) => other.value === one.value) === index)
    .map((one) => ({ value: one.value, ...evidenceOf(one) }));
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

function findPorts({ file, tokens, imports }: GoFile): readonly Found[] {
  const usesGin = imports.some(({ path }) => path === 'github.com/gin-gonic/gin');
  return tokens.flatMap((token, index) => {
    if (!mayHavePort(token)) return [];
    const value =
      listenAddress(token) ??
      namedValue(tokens, index) ??
      settingDefault(tokens, index) ??
      structTag(token) ??
      (usesGin ? ginDefault(tokens, index) : undefined);
    if (value === undefined || !isPort(value.port)) return [];
    const aside = isAside(tokens, index);
    return [{ value: value.port, file, line: token.line, because: value.because, ...(aside && { aside }) }];
  });
}

/** Most tokens are told apart at once. */
function mayHavePort({ type, value }: Token): boolean {
  return type === 'text' || value === '.' || (type === 'word' && /port/i.test(value));
}

/** Whether the line says that the port is for something beside the service. */
function isAside(tokens: readonly Token[], index: number): boolean {
  const line = tokens[index]?.line;
  return tokens
    .slice(Math.max(index - 20, 0), index + 20)
    .some((token) => token.line === line && /metric|prom|pprof|debug|profil|admin|probe|monitor/i.test(token.value));
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

/** `router.Run()` without an address: https://pkg.go.dev/github.com/gin-gonic/gin#Engine.Run. */
function ginDefault(tokens: readonly Token[], index: number): Reading | undefined {
  if (!isSequence(tokens, index, ['.', 'Run', '(', ')'])) return undefined;
  return { port: conventionalPort, because: "listens on gin's default" };
}

/** `os.Getenv("PORT")`, and `env:"PORT"` without a default (caarlos0/env, kelseyhightower/envconfig). */
function findPortVariables({ file, tokens, texts }: GoFile): readonly Found[] {
  return texts.flatMap((index) => {
    const token = tokens[index];
    if (token === undefined) return [];
    const isRead = /^(?:Getenv|LookupEnv)$/.test(tokens[index - 2]?.value ?? '') && tokens[index - 1]?.value === '(';
    const value = isRead ? token.value : variableWithoutDefault(token.value);
    if (value === undefined || !/^[A-Z][A-Z0-9_]*$/.test(value) || !isPortName(value)) return [];
    return [{ value, file, line: token.line, because: `reads ${value}` }];
  });
}

/** Of a struct tag; one with a default has an answer already. */
function variableWithoutDefault(tag: string): string | undefined {
  return tag.includes('efault:"') ? undefined : /^(?:.* )?(?:env|envconfig):"([A-Z0-9_]+)/.exec(tag)?.[1];
}

const listeners = /^(?:ListenAndServe(?:TLS)?|Listen(?:TLS)?|Run(?:TLS)?|Start(?:TLS)?)$/;

/** Throws for a program whose only address is one that nothing outside of its container reaches. */
function onlyLocal(program: Program): PortFacts {
  if (program.files.some(({ imports }) => imports.some(({ path }) => path === 'net/http/pprof'))) return {};
  for (const { file, tokens, texts } of program.files) {
    for (const index of texts) {
      const token = tokens[index];
      const port = /^(?:localhost|127\.0\.0\.1|\[::1\]):(\d{2,5})$/.exec(token?.value ?? '')?.[1];
      if (token === undefined || port === undefined) continue;
      if (!isListenedOn(tokens, index) && !isNameListenedOn(tokens, index)) continue;
      throw new Failure('detect.unsupported', {
        message: `The program listens on ${token.value}, which only its own container reaches`,
        where: `${file}:${token.line}`,
        remedy: `Listen on ":${port}"; or, where the environment changes the address, say so with --set port=${port}.`,
      });
    }
  }
  return {};
}

/** The argument of a call that listens, or the address of a server. */
function isListenedOn(tokens: readonly Token[], index: number): boolean {
  return isSequence(tokens, index - 2, ['Addr', ':']) || listeners.test(callAround(tokens, index)?.name ?? '');
}

/** `const addr = "127.0.0.1:6767"`, with `http.ListenAndServe(addr, nil)` in the same file. */
function isNameListenedOn(tokens: readonly Token[], index: number): boolean {
  const name = tokens[index - 2];
  if (name?.type !== 'word' || !/^:?=$/.test(tokens[index - 1]?.value ?? '')) return false;
  return tokens.some(({ type, value }, at) => type === 'word' && value === name.value && isListenedOn(tokens, at));
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
  // pflag's `IntP("port", "p", 6767, …)` has a letter between.
  const hasLetter = tokens[index + 2]?.type === 'text' && tokens[index + 2]?.value.length === 1;
  const port = numberOf(tokens[index + (hasLetter ? 4 : 2)]);
  return port === undefined ? undefined : { port, because: `the default of "${name.value}" is ${port}` };
}

/** `env:"PORT" envDefault:"6767"` (caarlos0/env), `envconfig:"PORT" default:"6767"` (kelseyhightower/envconfig). */
function structTag(token: Token): Reading | undefined {
  if (token.type !== 'text' || !token.value.includes('efault:"')) return undefined;
  const name = /(?:env|envconfig|name|mapstructure):"([^",]+)/.exec(token.value)?.[1];
  const port = /(?:^|\s)(?:envDefault|default):":?(\d+)"/.exec(token.value)?.[1];
  if (name === undefined || port === undefined || !isPortName(name)) return undefined;
  return { port, because: `the default of ${name} is ${port}` };
}

/** Names of the port of the service itself, not of its database, its metrics or its debugger. */
function isPortName(name: string): boolean {
  if (name.length > 60 || !/port/i.test(name)) return false;
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
