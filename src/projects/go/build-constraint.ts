import type { GoDirective } from './lex.js';

/**
 * Whether the go command would take a file into a build for Linux
 * (https://pkg.go.dev/cmd/go#hdr-Build_constraints). Tags that a person would have to pass with `-tags` are not set.
 */

const systems = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos'.split(
    ' ',
  ),
);
const architectures = new Set(
  '386 amd64 amd64p32 arm arm64 arm64be armbe loong64 mips mips64 mips64le mips64p32 mips64p32le mipsle ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'.split(
    ' ',
  ),
);
/** The image's architecture is not known yet: a file for one of these is in. */
const wanted = ['amd64', 'arm64'] as const;

/**
 * The image's architectures for which a file of that name is in; `name` is without directory. None for a test file, a hidden
 * file, one of another system and what is no Go file.
 */
export function architecturesOf(name: string): readonly string[] {
  if (!name.endsWith('.go') || name.endsWith('_test.go') || /^[._]/.test(name)) return [];
  const [, ...parts] = name.replace(/\..*/, '').split('_');
  const [last, secondLast] = [parts.at(-1), parts.at(-2)];
  if (last === undefined) return wanted;
  if (systems.has(last)) return last === 'linux' ? wanted : [];
  if (!architectures.has(last)) return wanted;
  const rightSystem = secondLast === undefined || !systems.has(secondLast) || secondLast === 'linux';
  return rightSystem ? wanted.filter((architecture) => architecture === last) : [];
}

/**
 * Whether a file is in for one of its `architectures`. `directives` are those before the package clause; `cgo` is whether C
 * is compiled as well. A constraint that does not parse keeps the file out, as go does.
 */
export function areDirectivesIn(
  directives: readonly GoDirective[],
  architectures: readonly string[],
  cgo: boolean,
): boolean {
  const build = directives.find(({ text }) => text.startsWith('go:build '));
  const old = directives.filter(({ text }) => text.startsWith('+build'));
  return architectures.some((architecture) => {
    const isSet = (tag: string): boolean => (tag === 'cgo' && cgo) || isTagSet(tag, architecture);
    if (build) return evaluate(build.text.slice('go:build '.length), isSet);
    return old.every(({ text }) => evaluateOld(text.slice('+build'.length), isSet));
  });
}

function isTagSet(tag: string, architecture: string): boolean {
  return tag === 'linux' || tag === 'unix' || tag === 'gc' || tag === architecture || /^go1\.\d+$/.test(tag);
}

/** `// +build a,b !c`: a space is "or", a comma is "and". */
function evaluateOld(text: string, isSet: (tag: string) => boolean): boolean {
  return text
    .trim()
    .split(/\s+/)
    .some((option) => option.split(',').every((term) => (term.startsWith('!') ? !isSet(term.slice(1)) : isSet(term))));
}

/** As go/build/constraint has it: no deeper, and no longer, expression is read. */
const mostWords = 1000;

/** `||`, `&&`, `!`, parentheses and tags; two `!` in a row are none (https://pkg.go.dev/go/build/constraint#Parse). */
function evaluate(text: string, isSet: (tag: string) => boolean): boolean {
  const words = text.replace(/\/\/.*/, '').match(/\|\||&&|[!()]|[\p{L}\p{N}_.]+|\S/gu) ?? [];
  if (words.length > mostWords) return false;
  let at = 0;
  let isWellFormed = true;

  function either(): boolean {
    let value = both();
    while (words[at] === '||') {
      at += 1;
      const right = both();
      value ||= right;
    }
    return value;
  }
  function both(): boolean {
    let value = single();
    while (words[at] === '&&') {
      at += 1;
      const right = single();
      value &&= right;
    }
    return value;
  }
  function single(): boolean {
    const word = words[at] ?? '';
    at += 1;
    if (word === '!') {
      isWellFormed &&= words[at] !== '!';
      return !single();
    }
    if (word === '(') return group();
    isWellFormed &&= /^[\p{L}\p{N}_.]+$/u.test(word);
    return isSet(word);
  }
  function group(): boolean {
    const value = either();
    isWellFormed &&= words[at] === ')';
    at += 1;
    return value;
  }

  const value = either();
  return value && isWellFormed && at === words.length;
}
