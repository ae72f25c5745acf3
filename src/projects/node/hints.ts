import { Failure } from '../../core/failure.js';
import { type Fact, type FactKey, type FactValue, fact, type Hints, type Rejected } from '../../core/project.js';

/** The detected fact, or what a person set in its place; the detected value is then a rejected one. */
export function hinted(key: FactKey, detected: Fact, hints: Hints): Fact;
export function hinted(key: FactKey, detected: Fact | undefined, hints: Hints): Fact | undefined;
export function hinted(key: FactKey, detected: Fact | undefined, hints: Hints): Fact | undefined {
  const hint = hints[key];
  if (!hint) return detected;
  const rejected: readonly Rejected[] = detected
    ? [...detected.from.slice(0, 1).map((from) => ({ ...from, value: detected.value })), ...detected.rejected]
    : [];
  return fact(
    hint.value,
    { because: `set by ${hint.origin}` },
    rejected.filter((one) => !isSame(one.value, hint.value)),
  );
}

/** As `hinted`, where detection may fail: a person's choice is then what is left. */
export function hintedOr(key: FactKey, detect: () => Fact, hints: Hints): Fact {
  const hint = hints[key];
  if (!hint) return detect();
  try {
    return hinted(key, detect(), hints);
  } catch (error) {
    if (error instanceof Failure) return hinted(key, fact(hint.value, []), hints);
    throw error;
  }
}

/** A hint's text; undefined where there is none or it is no text. */
export function hintText(hints: Hints, key: FactKey): string | undefined {
  const value = hints[key]?.value;
  return typeof value === 'string' ? value : undefined;
}

function isSame(one: FactValue, other: FactValue): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
