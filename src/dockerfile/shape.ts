import { shellWords } from './heredoc.js';
import { type Instruction, parseDockerfileWhole } from './parse.js';

/** The instructions of the Dockerfile reference (https://docs.docker.com/reference/dockerfile/), without the withdrawn MAINTAINER. */
export const knownKeywords: ReadonlySet<string> = new Set(
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'.split(
    ' ',
  ),
);

/** What the shell, not Docker, takes apart when it is not in exec form. */
const shellKeywords = new Set(['RUN', 'CMD', 'ENTRYPOINT', 'HEALTHCHECK', 'ONBUILD', 'SHELL']);

/**
 * How two renderings of one template differ in what they do, not in the values they do it with: undefined when they do
 * the same, otherwise one clause that says where they part. Throws SyntaxError for a text that is no Dockerfile.
 */
export function differenceInShape(actual: string, benign: string): string | undefined {
  const left = parseDockerfileWhole(actual);
  const right = parseDockerfileWhole(benign);
  if (left.directives.length > 0) return `line ${left.directives[0]?.line} is a parser directive`;
  if (/\\\\[ \t]*$/m.test(actual)) return 'a line ends with two backslashes, which builders read differently';
  for (const [index, instruction] of left.instructions.entries()) {
    const difference = differenceOf(instruction, right.instructions[index]);
    if (difference !== undefined) return `line ${instruction.line}: ${difference}`;
  }
  return left.instructions.length === right.instructions.length ? undefined : 'an instruction is missing';
}

function differenceOf(actual: Instruction, benign: Instruction | undefined): string | undefined {
  if (!knownKeywords.has(actual.keyword)) return 'not an instruction';
  if (benign?.keyword !== actual.keyword) return `the ${actual.keyword} instruction comes from data`;
  if (!isSameList(actual.flags.map(flagShape), benign.flags.map(flagShape))) return 'a flag comes from data';
  if (!isSameList(actual.heredocs.map(heredocShape), benign.heredocs.map(heredocShape))) {
    return 'a here-document comes from data';
  }
  if (actual.json || benign.json) {
    return actual.json?.length === benign.json?.length ? undefined : 'the exec form is not what the template wrote';
  }
  if (shellKeywords.has(actual.keyword)) {
    return actual.args === benign.args ? undefined : 'data becomes part of a shell command';
  }
  if (shellWords(actual.args).length !== shellWords(benign.args).length) return 'a word comes from data';
  return countExpansions(actual.args) === countExpansions(benign.args) ? undefined : 'data is expanded as a variable';
}

/** The flag's name and how many fields it has: `--mount=type=cache,target=/x` has two. */
function flagShape(flag: string): string {
  const [name = '', ...fields] = flag.split(/[=,]/);
  return `${name} ${fields.length}`;
}

function heredocShape(heredoc: { readonly name: string; readonly text: string }): string {
  return `${heredoc.name} ${heredoc.text}`;
}

function isSameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((element, index) => element === right[index]);
}

/** Dollar signs that Docker expands: neither escaped nor between single quotes that are not inside double ones. */
function countExpansions(text: string): number {
  return text
    .replace(/\\./g, '')
    .replace(/"[^"]*"|'[^']*'/g, (quoted) => (quoted.startsWith("'") ? '' : quoted))
    .split('$').length;
}
