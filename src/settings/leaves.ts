import { z } from 'zod';
import { tryParseImageReference } from '../core/image-name.js';

/** How a text (from a variable or a flag) becomes the value of a setting. */
export type LeafType = 'text' | 'flag' | 'number' | 'duration' | 'argv' | 'mount' | 'paths';

/** What is known of one setting beside its schema. */
export interface Leaf {
  readonly type: LeafType;
  /** Ends the sentence "… must be". */
  readonly expects: string;
  /** A value that may hold a secret when it is wrong is never shown. */
  readonly concealed?: boolean;
  /** YAML may write it as a number (`21`, `1.24`): its text is taken as it stands. */
  readonly numeric?: boolean;
}

/** The settings, as opposed to the sections that hold them. */
export const leaves = z.registry<Leaf>();

function leaf<T extends z.ZodType>(schema: T, description: string, about: Leaf): T {
  leaves.add(schema, about);
  z.globalRegistry.add(schema, { description });
  return schema;
}

/** Refused by code and not by a pattern: the dialects of patterns that editors know have no word for control characters. */
function isPrintable(value: string): boolean {
  return !/\p{Cc}/u.test(value);
}

export function text(description: string, pattern = /^[^\r\n]+$/, expects = 'a text on one line') {
  return leaf(z.string().regex(pattern).refine(isPrintable), description, { type: 'text', expects });
}

export function version(description: string, pattern: RegExp, expects: string) {
  return leaf(z.string().regex(pattern), description, { type: 'text', expects, numeric: true });
}

export function choice<const T extends readonly string[]>(choices: T, description: string) {
  return leaf(z.enum(choices), description, { type: 'text', expects: `one of ${choices.join(', ')}` });
}

export function flag(description: string) {
  return leaf(z.boolean(), description, { type: 'flag', expects: 'true or false' });
}

export function port(description: string) {
  const expects = 'a port from 1 to 65535';
  return leaf(z.int().min(1).max(65_535), description, { type: 'number', expects });
}

export function count(description: string, least = 1) {
  return leaf(z.int().min(least), description, { type: 'number', expects: `a whole number from ${least}` });
}

/** `90` and `'90s'`, `'20m'`, `'1h'` are read as seconds. */
export function duration(description: string) {
  const expects = "a time such as 90 (seconds), '90s', '20m' or '1h', of at least one second";
  const written = z.string().regex(/^0*[1-9]\d{0,6}[smh]?$/);
  const schema = z.union([z.int().min(1).max(9_999_999), written]).transform(secondsOf);
  return leaf(schema, description, { type: 'duration', expects });
}

function secondsOf(value: number | string): number {
  if (typeof value === 'number') return value;
  const seconds = { s: 1, m: 60, h: 3600 }[value.slice(-1)];
  return Number.parseInt(value, 10) * (seconds ?? 1);
}

/** A command: a list of words, or one text that needs no shell to be split at its spaces. */
export function argv(description: string) {
  const expects = "a list such as ['node', 'dist/server.js'], or words without quotes or shell signs";
  const words = z.array(z.string().regex(/^[^\0\r\n]*$/)).min(1);
  const line = z.string().regex(/^[^\s"'`$&|;<>()*?[\]#~!{}\\]+( +[^\s"'`$&|;<>()*?[\]#~!{}\\]+)*$/);
  const schema = z.union([words, line]).transform((value) => (typeof value === 'string' ? value.split(/ +/) : value));
  return leaf(schema, description, { type: 'argv', expects });
}

export function image(description: string) {
  const schema = z.string().refine((value) => tryParseImageReference(value) !== undefined);
  return leaf(schema, description, { type: 'text', expects: 'the name of an image, such as eclipse-temurin:21-jre' });
}

/** A path inside the project or the repository it is said of. */
export function projectPath(description: string) {
  const inside = /^(?![/\\~-])(?!(.*\/)?\.\.(\/|$))[^\\]+$/;
  return text(description, inside, 'a relative path with / that does not leave the project');
}

/** Paths of the repository, from its root; in a text, with commas between them. */
export function paths(description: string) {
  const expects = "a list such as ['libs/money', 'proto'], with paths from the repository's root";
  const schema = z
    .array(
      z
        .string()
        .regex(/^(?![/\\~:-])(?!(.*\/)?\.{1,2}(\/|$))[^\\]+$/)
        .refine(isPrintable),
    )
    .min(1);
  return leaf(schema, description, { type: 'paths', expects });
}

/** A list of words, none of them twice; in a text, with commas between them. */
export function words(description: string, pattern: RegExp, expects: string) {
  const schema = z
    .array(z.string().regex(pattern).refine(isPrintable))
    .min(1)
    .refine((list) => new Set(list).size === list.length);
  return leaf(schema, description, { type: 'paths', expects });
}

/** A file of this host. */
export function hostPath(description: string) {
  return text(description, /^[^\r\n]+$/, 'the path of a file; ~ is your home');
}

/** `true`: the client's usual place; a path: that file. */
export function mount(description: string) {
  const schema = z.union([
    z.boolean(),
    z
      .string()
      .regex(/^[^\r\n]+$/)
      .refine(isPrintable),
  ]);
  return leaf(schema, description, { type: 'mount', expects: 'true, false or the path of the file' });
}

/** A URL, or what git takes for one; a password in it would end up in plans and logs. */
export function address(description: string) {
  const schema = z
    .string()
    .regex(/^[^\s-]\S*$/)
    .refine(isPrintable)
    .refine((value) => !/^[a-z+]+:\/\/[^/@]*:[^/@]*@/i.test(value) && !/^https?:\/\/[^/]*@/i.test(value));
  const expects =
    'an address without a user name or password in it (git and HTTP clients take these from their credential helpers)';
  return leaf(schema, description, { type: 'text', expects, concealed: true });
}
