import { type Fact, fact } from '../../core/project.js';
import type { Program } from './program.js';

/**
 * `main.version`: the main package's variable that the linker can set, which must be a text without or with a literal value
 * (https://pkg.go.dev/cmd/link, -X); undefined where there is none.
 */
export function detectVersionVariable(program: Program): Fact | undefined {
  for (const { file, tokens } of program.main) {
    let depth = 0;
    for (const [index, token] of tokens.entries()) {
      if (token.type === 'mark' && token.value === '{') depth += 1;
      if (token.type === 'mark' && token.value === '}') depth -= 1;
      if (depth !== 0 || token.type !== 'word' || !['version', 'Version'].includes(token.value)) continue;
      if (!isVariable(tokens, index)) continue;
      return fact(`main.${token.value}`, {
        file,
        line: token.line,
        because: `var ${token.value} is a text of the main package`,
      });
    }
  }
  return undefined;
}

/** `var version = "dev"`, `var version string`, also inside `var ( … )`. */
function isVariable(tokens: Program['main'][number]['tokens'], index: number): boolean {
  const opener = tokens
    .slice(0, index)
    .findLastIndex(({ type, value }) => type === 'word' && ['var', 'const', 'func', 'type', 'import'].includes(value));
  const inBlock =
    tokens[opener + 1]?.value === '(' &&
    !tokens.slice(opener, index).some(({ type, value }) => type === 'mark' && value === ')');
  if (tokens[opener]?.value !== 'var' || !(opener === index - 1 || inBlock)) return false;
  const [next, after] = tokens.slice(index + 1, index + 3);
  if (next?.value === '=') return after?.type === 'text' && tokens[index + 3]?.value !== '+';
  return (
    next?.type === 'word' && next.value === 'string' && (after?.value !== '=' || tokens[index + 3]?.type === 'text')
  );
}
