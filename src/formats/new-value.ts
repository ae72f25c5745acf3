import type { PlainValue } from './text-tree.js';

/** A value as it shall be written: a text, a number or truth value in the words that were given, or a list or map. */
export type NewValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'literal'; readonly written: string; readonly value: number | boolean | null }
  | { readonly kind: 'data'; readonly value: PlainValue };

/** What a reader of the file will have. */
export function contentOf(value: NewValue): PlainValue {
  return value.kind === 'text' ? value.text : value.value;
}

/** A text as a number, kept as it is written (`200.0`); undefined where JSON has no such number. */
export function numberLiteral(text: string): NewValue | undefined {
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  return { kind: 'literal', written: text, value: Number(text) };
}

export function booleanLiteral(text: string): NewValue | undefined {
  return text === 'true' || text === 'false' ? { kind: 'literal', written: text, value: text === 'true' } : undefined;
}

/** Plain data as it is written new, nested. */
export function newValueOf(value: PlainValue): NewValue {
  if (typeof value === 'string') return { kind: 'text', text: value };
  if (value === null || typeof value !== 'object') return { kind: 'literal', written: JSON.stringify(value), value };
  return { kind: 'data', value };
}

/** Whether two plain values are the same; the order of keys is none of it. */
export function isSameValue(one: PlainValue, other: PlainValue): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [left, right] = [new Map(Object.entries(one)), new Map(Object.entries(other))];
  return (
    left.size === right.size &&
    [...left].every(([key, value]) => right.has(key) && isSameValue(value, right.get(key) ?? null))
  );
}
