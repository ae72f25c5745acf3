/** A here-document that an instruction announces. */
export interface HeredocName {
  readonly name: string;
  /** `<<-`: leading tabs of its lines do not count. */
  readonly stripTabs: boolean;
}

const heredocKeywords = new Set(['ADD', 'COPY', 'RUN']);
const announcement = /^\d*<<(-?)\s*(['"]?)([A-Za-z_][A-Za-z0-9_]*)\2$/;

/** The here-documents that an instruction's words announce, in order. Words in quotes are text, `<<<` is none. */
export function readHeredocNames(keyword: string, args: string): readonly HeredocName[] {
  if (!heredocKeywords.has(keyword)) return [];
  return shellWords(args).flatMap((word) => {
    const [, dash, , name] = announcement.exec(word) ?? [];
    return name === undefined ? [] : [{ name, stripTabs: dash === '-' }];
  });
}

/** Words as a shell splits them, quotes and escapes kept as written. */
export function shellWords(text: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\' && quote !== "'") {
      word += text.slice(at, at + 2);
      at += 1;
    } else if (quote === '' && /\s/.test(character)) {
      if (word !== '') words.push(word);
      word = '';
    } else {
      if (quote !== '') quote = character === quote ? '' : quote;
      else if (character === '"' || character === "'") quote = character;
      word += character;
    }
  }
  return word === '' ? words : [...words, word];
}
