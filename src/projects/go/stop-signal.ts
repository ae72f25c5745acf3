import { type Fact, fact } from '../../core/project.js';
import type { Program } from './program.js';
import { callAround, closingOf } from './syntax.js';

/**
 * `SIGINT` for a program that ends well on an interrupt and never names SIGTERM, which a container engine sends by default;
 * undefined for all others: they listen to both, to every signal, or to none.
 */
export function detectStopSignal(program: Program): Fact | undefined {
  if (program.files.some(({ tokens }) => tokens.some(({ type, value }) => type === 'word' && value === 'SIGTERM')))
    return undefined;
  for (const { file, tokens } of program.files) {
    for (const [index, { type, value, line }] of tokens.entries()) {
      if (type !== 'word' || (value !== 'Interrupt' && value !== 'SIGINT')) continue;
      const call = callAround(tokens, index);
      if (call?.receiver !== 'signal' || !/^Notify(?:Context)?$/.test(call.name)) continue;
      const hasMore = tokens.slice(index, closingOf(tokens, call.open)).some((token) => token.value === '...');
      if (!hasMore) return fact('SIGINT', { file, line, because: `waits for ${value} alone` });
    }
  }
  return undefined;
}
