/** A member of an unknown value; undefined where it is not an object or has none. */
export function member(value: unknown, ...keys: readonly string[]): unknown {
  let inner = value;
  for (const key of keys) inner = typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined;
  return inner;
}

/** As `member`, a text or undefined. */
export function textMember(value: unknown, ...keys: readonly string[]): string | undefined {
  const inner = member(value, ...keys);
  return typeof inner === 'string' ? inner : undefined;
}

/** As `member`, a number or undefined. */
export function numberMember(value: unknown, ...keys: readonly string[]): number | undefined {
  const inner = member(value, ...keys);
  return typeof inner === 'number' ? inner : undefined;
}
