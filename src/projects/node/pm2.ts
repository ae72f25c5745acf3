import type { SourceTree } from '../../core/source-tree.js';
import { type JsonNode, jsonAt, jsonElements, jsonMembers, jsonText } from '../../formats/json-document.js';
import { readJsonConfig } from './json-config.js';
import { normalisePath, readCode } from './sources.js';
import type { Resolved } from './start-command.js';

/**
 * What `pm2 start FILE --no-daemon` runs, without pm2, which as process 1 passes no signal on and writes into the home directory
 * (https://pm2.keymetrics.io/docs/usage/application-declaration/). Undefined for any other command.
 */
export function withoutPm2(tree: SourceTree, argv: readonly string[]): Resolved | undefined {
  const [command, verb, target = '', ...rest] = argv;
  const isRuntime = command === 'node_modules/.bin/pm2-runtime';
  const file = isRuntime && verb !== 'start' ? (verb ?? '') : target;
  if (!isRuntime && (command !== 'node_modules/.bin/pm2' || verb !== 'start')) return undefined;
  if (!/\.(json|config\.[cm]?js)$/.test(file)) {
    const isPlain = !isRuntime && rest.every((word) => word === '--no-daemon') && /\.[cm]?js$/.test(file);
    return isPlain ? { ok: true, argv: ['node', file], because: 'without pm2' } : undefined;
  }
  const scripts = scriptsIn(tree, file);
  const [only] = scripts ?? [];
  if (scripts === undefined || only === undefined) {
    return { ok: false, because: `what ${file} starts cannot be told: set node.start` };
  }
  if (scripts.length > 1) {
    return { ok: false, because: `${file} starts several programs (${scripts.join(', ')}): set node.start to one` };
  }
  return { ok: true, argv: ['node', only], because: `${file} starts it, without pm2` };
}

/** The scripts of an ecosystem file; undefined where it is not there, or one is no plain file of JavaScript. */
function scriptsIn(tree: SourceTree, file: string): readonly string[] | undefined {
  const path = normalisePath(file);
  if (path === undefined) return undefined;
  const written = path.endsWith('.json') ? scriptsInJson(readJsonConfig(tree, path)) : scriptsInCode(tree, path);
  const scripts = [...new Set(written)];
  const isPlain = (script: string) => /^[\w./-]+$/.test(script) && normalisePath(script) !== undefined;
  return scripts.length > 0 && scripts.slice(0, 10).every(isPlain) ? scripts.slice(0, 10) : undefined;
}

/** None where one is told of another interpreter, arguments or variables that the image would then lack. */
function scriptsInJson(root: JsonNode | undefined): readonly string[] {
  const list = jsonElements(jsonAt(root, 'apps'));
  const apps = list.length > 0 ? list : root ? [jsonAt(root, 'apps') ?? root] : [];
  const hasMore = apps.some((app) =>
    ['interpreter', 'args', 'node_args', 'cwd', 'exec_interpreter'].some((key) => jsonAt(app, key) !== undefined),
  );
  const variables = apps.flatMap((app) => jsonMembers(jsonAt(app, 'env')).map(([name]) => name));
  if (hasMore || variables.some((name) => name !== 'NODE_ENV')) return [];
  return apps.map((app) => jsonText(app, 'script') ?? '$');
}

function scriptsInCode(tree: SourceTree, path: string): readonly string[] {
  const text = readCode(tree, path) ?? '';
  if (/\b(interpreter|args|node_args|cwd|exec_interpreter|require)\b['"]?\s{0,4}[:(]/.test(text)) return [];
  const env = [...text.matchAll(/\benv['"]?:\s{0,10}\{([^{}]{0,1000})\}/g)].map((match) => match[1] ?? '').join(',');
  const names = [...env.matchAll(/(?:^|,)\s{0,40}['"]?([A-Za-z_]\w{0,60})['"]?\s{0,4}:/g)].map((match) => match[1]);
  if (names.some((name) => name !== 'NODE_ENV')) return [];
  return [...text.matchAll(/\bscript['"]?:\s{0,10}(?:['"]([^'"\n]{1,200})['"])?/g)].map((match) => match[1] ?? '$');
}
