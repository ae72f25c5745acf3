/** Brackets that are open at one time: what no file written by people has, and what the YAML parser takes long over. */
const most = 500;

/** Whether a YAML text opens so many brackets, quoted ones included, that it is better not parsed. */
export function isDeepYaml(text: string): boolean {
  let open = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    open = Math.max(0, open + (bracket === '[' || bracket === '{' ? 1 : -1));
    if (open > most) return true;
  }
  return false;
}
