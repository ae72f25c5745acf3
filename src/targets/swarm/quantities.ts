import { type Fields, readText, take, takeText, wrongValue } from './fields.js';

const nanoseconds: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** A Go duration (`1m30s`, `1.5s`) in nanoseconds, as the Engine API counts. Undefined when absent. */
export function takeDuration(fields: Fields, key: string): number | undefined {
  const text = takeText(fields, key);
  if (text === undefined) return undefined;
  if (text === '0') return 0;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) {
    throw wrongValue(fields.reading, `${fields.at}.${key}`, 'a duration such as 1m30s');
  }
  return Math.round(parts.reduce((sum, [, number, unit]) => sum + Number(number) * (nanoseconds[unit ?? ''] ?? 0), 0));
}

/** A size (`64M`, `1gb`, `512`) in bytes; powers of 1024, as Docker's client reads it. */
export function takeBytes(fields: Fields, key: string): number | undefined {
  const text = takeText(fields, key);
  if (text === undefined) return undefined;
  const match = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])i?)?b?$/i.exec(text);
  if (match === null) throw wrongValue(fields.reading, `${fields.at}.${key}`, 'a size such as 64M');
  const power = 'kmgtp'.indexOf(match[2]?.toLowerCase() ?? ' ') + 1;
  return Math.round(Number(match[1]) * 1024 ** power);
}

/** Processors (`0.5`) in units of 10⁻⁹, as the Engine API counts. */
export function takeCpus(fields: Fields, key: string): number | undefined {
  const text = takeText(fields, key);
  if (text === undefined) return undefined;
  if (!/^\d*\.?\d+$/.test(text)) throw wrongValue(fields.reading, `${fields.at}.${key}`, "a number such as '0.5'");
  return Math.round(Number(text) * 1e9);
}

/** A share between 0 and 1. */
export function takeRatio(fields: Fields, key: string): number | undefined {
  const value = take(fields, key);
  if (value === undefined) return undefined;
  const number = Number(readText(fields.reading, `${fields.at}.${key}`, value));
  if (number >= 0 && number <= 1) return number;
  throw wrongValue(fields.reading, `${fields.at}.${key}`, 'a number from 0 to 1');
}
