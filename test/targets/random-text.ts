/** Data of a template, as JSON can say it. */
export type Data = null | boolean | number | string | readonly Data[] | { readonly [key: string]: Data };

/** Makes one choice after another from a seed (mulberry32): the same seed writes the same text. */
export interface Chance {
  /** True once in `times`. */
  once(times: number): boolean;
  pick<T>(choices: readonly T[]): T;
}

export function chanceOf(seed: number): Chance {
  let state = seed;
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
  return {
    once: (times) => next() * times < 1,
    pick: (choices) => choices[Math.floor(next() * choices.length)] as (typeof choices)[number],
  };
}

/** JSON in any formatting that people give it: indentation, tabs, line ends, BOM, comments, inline objects, escapes. */
export function writeJson(data: Data, seed: number): string {
  const chance = chanceOf(seed);
  const unit = chance.pick(['', '  ', '    ', '\t']);
  const eol = chance.pick(['\n', '\r\n']);
  const colon = chance.pick([':', ': ', ' : ']);
  const comments = chance.once(3);
  function write(value: Data, indent: string): string {
    if (typeof value === 'string')
      return chance.once(6) ? JSON.stringify(value).replaceAll('/', '\\/') : JSON.stringify(value);
    if (typeof value === 'number') return chance.once(4) && Number.isInteger(value) ? `${value}.0` : String(value);
    if (typeof value !== 'object' || value === null) return String(value);
    const inline = unit === '' || chance.once(3);
    const inner = indent + unit;
    const parts = Object.entries(value).map(([key, each]) => {
      const written = write(each, inner);
      return Array.isArray(value) ? written : `${JSON.stringify(key)}${colon}${written}`;
    });
    const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
    if (parts.length === 0) return open + close;
    if (inline) return `${open}${parts.join(', ')}${close}`;
    const lines = parts.map((part, index) => {
      const comma = index < parts.length - 1 ? ',' : '';
      return inner + part + comma + (comments && chance.once(4) ? ' // "image": not this' : '');
    });
    return [open, ...lines, indent + close].join(eol);
  }
  return (chance.once(4) ? '\uFEFF' : '') + write(data, '') + chance.pick(['', eol]);
}

/** YAML in any formatting that people give it: indentation, quotes, flow and block, comments, blank lines, line ends, BOM. */
export function writeYaml(documents: readonly Data[], seed: number): string {
  const chance = chanceOf(seed);
  const step = chance.pick([1, 2, 3, 4]);
  const listStep = chance.pick([0, step]);
  const noise = chance.once(2);
  function scalar(value: Data, inFlow: boolean): string {
    if (typeof value !== 'string') return String(value);
    const isPlain =
      /^[a-z][a-z0-9._/-]*(?::[a-z0-9._/@-]+)?$/.test(value) && !/^(?:y|n|yes|no|on|off|true|false|null)$/.test(value);
    const style = chance.pick(
      isPlain && !(inFlow && value.includes(':')) ? ['plain', 'single', 'double'] : ['single', 'double'],
    );
    if (style === 'single') return `'${value.replaceAll("'", "''")}'`;
    return style === 'double' ? JSON.stringify(value) : value;
  }
  function flow(value: Data): string {
    if (typeof value !== 'object' || value === null) return scalar(value, true);
    const pad = chance.pick(['', ' ']);
    if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
    const parts = Object.entries(value).map(([key, each]) => `${keyOf(key)}: ${flow(each)}`);
    return parts.length === 0 ? '{}' : `{${pad}${parts.join(', ')}${pad}}`;
  }
  function keyOf(key: string): string {
    return /^[A-Za-z_][\w./-]*$/.test(key) && !chance.once(5) ? key : JSON.stringify(key);
  }
  function end(): string {
    return noise && chance.once(4) ? chance.pick([' # image: x:1', '  # it\'s "so"', '   ']) : '';
  }
  function between(pad: string): readonly string[] {
    return noise && chance.once(6) ? [chance.pick(['', `${pad}# why`, `${pad}  # - {a: b}`])] : [];
  }
  function entry(key: string, value: Data, pad: string): readonly string[] {
    if (typeof value !== 'object' || value === null)
      return [...between(pad), `${pad}${keyOf(key)}: ${scalar(value, false)}${end()}`];
    if (Object.keys(value).length === 0 || chance.once(5))
      return [...between(pad), `${pad}${keyOf(key)}: ${flow(value)}${end()}`];
    const inner = pad + ' '.repeat(Array.isArray(value) ? listStep : step);
    return [...between(pad), `${pad}${keyOf(key)}:${end()}`, ...block(value, inner)];
  }
  function block(value: Data, pad: string): readonly string[] {
    if (Array.isArray(value)) return value.flatMap((item) => itemOf(item, pad));
    return Object.entries(value ?? {}).flatMap(([key, each]) => entry(key, each, pad));
  }
  function itemOf(item: Data, pad: string): readonly string[] {
    const isMap = typeof item === 'object' && item !== null && !Array.isArray(item) && Object.keys(item).length > 0;
    if (!isMap || chance.once(4)) return [`${pad}- ${flow(item)}${end()}`];
    const lines = Object.entries(item).flatMap(([key, each]) => entry(key, each, `${pad}  `));
    const first = lines.findIndex((line) => line.trim() !== '' && !line.trim().startsWith('#'));
    return lines.slice(first).map((line, index) => (index === 0 ? `${pad}- ${line.slice(pad.length + 2)}` : line));
  }
  const texts = documents.map((document) => block(document, '').join('\n'));
  const whole = `${chance.once(3) || documents.length > 1 ? '---\n' : ''}${texts.join('\n---\n')}${chance.pick(['', '\n', '\n\n# end\n'])}`;
  return (chance.once(4) ? '\uFEFF' : '') + (chance.once(2) ? whole : whole.replaceAll('\n', '\r\n'));
}
