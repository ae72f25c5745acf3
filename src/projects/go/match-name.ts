/**
 * Whether one element of a path matches one element of a pattern, as path.Match has it: `*`, `?` and `[…]`
 * (https://pkg.go.dev/path#Match). In time that grows with the product of the lengths, whatever the pattern.
 */
export function matchesName(pattern: string, name: string): boolean {
  const units = pattern.match(/\*|\?|\[[^\]]+\]|./gsu) ?? [];
  const letters = [...name];
  let reached = pastStars(new Set([0]), units);
  for (const letter of letters) {
    const next = new Set<number>();
    for (const at of reached) {
      const unit = units[at];
      if (unit === '*') next.add(at);
      else if (unit !== undefined && matchesLetter(unit, letter)) next.add(at + 1);
    }
    reached = pastStars(next, units);
  }
  return reached.has(units.length);
}

/** A `*` may stand for nothing. */
function pastStars(places: ReadonlySet<number>, units: readonly string[]): Set<number> {
  const all = new Set(places);
  for (const place of all) if (units[place] === '*') all.add(place + 1);
  return all;
}

function matchesLetter(unit: string, letter: string): boolean {
  if (unit === '?') return true;
  if (!unit.startsWith('[') || unit.length < 3) return unit === letter;
  const isNegated = unit.startsWith('[^');
  const ranges = unit.slice(isNegated ? 2 : 1, -1).match(/.-.|./gsu) ?? [];
  const isIn = ranges.some((range) => {
    const [first = '', dash, last] = [...range];
    return dash === '-' && last !== undefined ? first <= letter && letter <= last : range === letter;
  });
  return isIn !== isNegated;
}
