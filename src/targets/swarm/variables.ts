import { Failure } from '../../core/failure.js';

/**
 * Compose writes a literal dollar as `$$`, and fills `$NAME` and `${NAME}` in from the deploying shell. Slipway deploys
 * what the template says and nothing of the machine it runs on: such a variable is refused. Keys are left as they are.
 * Throws `deploy.unsupported` with every path that has one.
 */
export function unescapeDollars(data: unknown, at: string, where: string): unknown {
  const found: string[] = [];
  const result = walk(data, at, found);
  if (found.length === 0) return result;
  throw new Failure('deploy.unsupported', {
    message: `This stack takes values from variables of the deploying shell: ${found.join(', ')}`,
    where,
    remedy: 'Write the values into the template; a literal dollar is $$.',
    candidates: found,
  });
}

function walk(data: unknown, at: string, found: string[]): unknown {
  if (typeof data === 'string') {
    if (/\$(?:[A-Za-z_]|\{)/.test(data.replaceAll('$$', ''))) found.push(at);
    return data.replaceAll('$$', '$');
  }
  if (Array.isArray(data)) return data.map((each, index) => walk(each, `${at}[${index}]`, found));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, walk(value, `${at}.${key}`, found)]));
}
