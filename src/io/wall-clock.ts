/** The time of day: milliseconds since 1970. Nothing that a plan is made of depends on it. */
export function currentTime(): number {
  return Date.now();
}
