import type { Evidence } from '../../core/project.js';
import type { Token } from './lex.js';
import type { GoFile } from './package.js';
import { callAround } from './syntax.js';

/** A relative path that a program has in a text. */
export interface Mention {
  /** Without `./` and `file://`, up to the first element with a pattern. */
  readonly path: string;
  /** Endings of which one may follow; empty where the path is whole. */
  readonly extensions: readonly string[];
  /** `open`: the argument of a call that opens files; `path`: written as a path; `word`: could be anything. */
  readonly strength: 'open' | 'path' | 'word';
  readonly evidence: Evidence;
}

/** Calls that read a file or directory: os, io/fs, html/template, net/http, gin, echo, fiber, gorilla, viper, toml. */
const openers = new Set(
  (
    'Open ReadFile ReadDir DirFS Dir Stat ParseFiles ParseGlob LoadHTMLGlob LoadHTMLFiles Static StaticFile StaticFS File ' +
    'ServeFile SendFile AddConfigPath SetConfigFile DecodeFile LoadFile LoadMessageFile MustLoadMessageFile Glob Walk ' +
    'WalkDir Load'
  ).split(' '),
);

/** Calls that take a text as a member of a set, as a key, as a part of a text or to be printed, and open nothing. */
const otherCalls = new Set(
  (
    'Remove Add Has Contains ContainsAny Delete Del Insert Set Get GetString Exists Getenv LookupEnv HasPrefix HasSuffix ' +
    'TrimPrefix TrimSuffix Equal EqualFold Index Split Replace ReplaceAll Print Printf Println Errorf Infof Debugf Warnf Fatalf ' +
    'Info Debug Warn Error Fatal Fatalln Msg Msgf New Group Route Mount StripPrefix Tag Named With'
  ).split(' '),
);

/** `viper.SetConfigName("config")` finds the first of these: https://github.com/spf13/viper#reading-config-files. */
const configEndings = ['.json', '.toml', '.yaml', '.yml'];

/** Frameworks that read directories whose names are nowhere in the sources. */
const conventions: readonly (readonly [imported: RegExp, directories: readonly string[], because: string])[] = [
  [
    /^github\.com\/(?:astaxie\/beego|beego\/beego(?:\/v2\/server\/web)?)$/,
    ['conf', 'views', 'static'],
    'Beego reads conf, views and static',
  ],
  [
    /^github\.com\/gogf\/gf(?:\/v2)?\/frame\/g$/,
    ['manifest', 'resource', 'config'],
    'GoFrame reads manifest and resource',
  ],
  [
    /^github\.com\/revel\/revel$/,
    ['conf', 'app/views', 'public', 'messages'],
    'Revel reads conf, views, public and messages',
  ],
];

/** What the frameworks that a file imports read by convention. */
export function findConventions({ file, imports }: GoFile): readonly Mention[] {
  return imports.flatMap(({ path, line }) =>
    conventions
      .filter(([imported]) => imported.test(path))
      .flatMap(([, directories, because]) =>
        directories.map((directory) => ({
          path: directory,
          extensions: [],
          strength: 'open' as const,
          evidence: { file, line, because },
        })),
      ),
  );
}

/** All texts of a file that could be relative paths. */
export function findMentions({ file, tokens, texts, imports }: GoFile): readonly Mention[] {
  const importLines = new Set(imports.map(({ path, line }) => `${line} ${path}`));
  return texts.flatMap((index) => {
    const token = tokens[index];
    if (token === undefined || importLines.has(`${token.line} ${token.value}`)) return [];
    const written = joinedPath(tokens, index) ?? token.value;
    const path = relativePath(written);
    if (path === undefined) return [];
    const call = callAround(tokens, index);
    const isConfig = call?.name === 'SetConfigName';
    const opens = isConfig || openers.has(call?.name ?? '') || isJoin(tokens, index);
    const strength = opens ? 'open' : /^\.\/|^file:|\//.test(written) ? 'path' : 'word';
    const isOther = call?.receiver !== undefined && call.receiver !== 'os' && otherCalls.has(call.name);
    if (isOther && strength === 'word') return [];
    const evidence = { file, line: token.line, because: `opens "${written.slice(0, 80)}"` };
    return [{ path, extensions: isConfig ? configEndings : [], strength, evidence }];
  });
}

/** Linear: one look at each character, and a path is short. */
function relativePath(written: string): string | undefined {
  if (written.length > 200) return undefined;
  const plain = written.replace(/^file:\/\//, '').replace(/^(?:\.\/)+/, '');
  if (!/^[\w@+-][^\s\\"'`$%:<>|;,]*$/.test(plain)) return undefined;
  const segments = plain.split('/');
  const pattern = segments.findIndex((segment) => /[*?[\]{}]/.test(segment));
  const fixed = (pattern < 0 ? segments : segments.slice(0, pattern)).filter((segment) => segment !== '');
  return fixed.length === 0 || fixed.some((segment) => /^\.+$/.test(segment)) ? undefined : fixed.join('/');
}

function isJoin(tokens: readonly Token[], index: number): boolean {
  return tokens[index - 1]?.value === '(' && tokens[index - 2]?.value === 'Join' && tokens[index + 1]?.value === ',';
}

/** `filepath.Join("web", "templates", name)`: its leading texts as one path; undefined where the token does not begin it. */
function joinedPath(tokens: readonly Token[], index: number): string | undefined {
  if (!isJoin(tokens, index)) return undefined;
  const parts: string[] = [];
  for (let at = index; tokens[at]?.type === 'text'; at += 2) {
    parts.push(tokens[at]?.value ?? '');
    if (tokens[at + 1]?.value !== ',') break;
  }
  return parts.join('/');
}
