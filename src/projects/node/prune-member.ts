import type { Step } from '../../core/recipe.js';

/**
 * Runs in the builder, at the workspace's root. From the service and from the root's own `dependencies` it walks as `require`
 * resolves (https://nodejs.org/api/modules.html#loading-from-node_modules-folders), through links too, over `dependencies`,
 * `optionalDependencies` and the peers that are not optional. What it did not reach goes: packages, links, commands, and the other
 * members' folders. `.pnpm`, `.store` and `.bun` are the virtual stores of pnpm, yarn and bun. No line holds a single quote, so
 * that a script step can write it.
 */
const program = [
  'const fs = require("fs"), { dirname, join, relative, sep } = require("path");',
  'const [service, ...members] = process.argv.slice(2);',
  'const real = (path) => fs.existsSync(path) ? fs.realpathSync(path) : undefined;',
  'const list = (folder) => fs.existsSync(folder) ? fs.readdirSync(folder, { withFileTypes: true }) : [];',
  'const drop = (path) => fs.rmSync(path, { recursive: true, force: true });',
  'const root = real("."), home = real(service), reached = new Set([home]), kept = new Set([root]);',
  'const find = (from, name) => {',
  '  for (let at = from; ; at = dirname(at)) {',
  '    const path = real(join(at, "node_modules", name));',
  '    if (path || at === root || at === dirname(at)) return path;',
  '  }',
  '};',
  'const walk = (from) => {',
  '  const file = join(from, "package.json");',
  '  const one = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8").replace(/^\\uFEFF/, "")) : {};',
  '  const isOptional = (name) => one.peerDependenciesMeta?.[name]?.optional;',
  '  const peers = Object.keys(one.peerDependencies ?? {}).filter((name) => !isOptional(name));',
  '  for (const name of [...Object.keys({ ...one.dependencies, ...one.optionalDependencies }), ...peers])',
  '    reached.add(find(from, name) ?? root);',
  '};',
  'walk(root);',
  'for (const one of reached) if (one !== root) walk(one);',
  'for (const one of reached) for (let at = one; !kept.has(at) && at !== dirname(at); at = dirname(at)) kept.add(at);',
  'for (const path of members.map(real)) if (path && !kept.has(path) && relative(home, path).startsWith("..")) drop(path);',
  'const target = /"\\$basedir\\/([^"]+)"\\s+"\\$@"/g;',
  'const isGone = (path) => {',
  '  if (fs.lstatSync(path).isSymbolicLink()) return !real(path);',
  '  const named = [...fs.readFileSync(path, "utf8").matchAll(target)].map((found) => join(dirname(path), found[1]));',
  '  return named.length > 0 && !named.some(real);',
  '};',
  'const sweep = (folder) => {',
  '  for (const entry of list(folder)) {',
  '    const path = join(folder, entry.name), isLink = entry.isSymbolicLink();',
  '    if (/^\\.(pnpm|store|bun)$/.test(entry.name)) sweepStore(path);',
  '    else if (!isLink && entry.name.startsWith(".")) continue;',
  '    else if (!isLink && entry.name.startsWith("@")) sweep(path), list(path).length || drop(path);',
  '    else if (!kept.has(real(path))) drop(path);',
  '    else if (!isLink) sweep(join(path, "node_modules"));',
  '  }',
  '  const commands = list(join(folder, ".bin")).map(({ name }) => join(folder, ".bin", name));',
  '  for (const path of commands) if (isGone(path)) drop(path);',
  '};',
  'const sweepStore = (store) => {',
  '  for (const path of list(store).filter((entry) => entry.isDirectory()).map(({ name }) => join(store, name)))',
  '    if (path.endsWith(sep + "node_modules")) sweep(path);',
  '    else if (kept.has(path)) sweep(join(path, "node_modules")), sweep(join(path, "package", "node_modules"));',
  '    else drop(path);',
  '};',
  'for (const one of [root, ...reached]) {',
  '  if (one.includes(sep + "node_modules" + sep)) continue;',
  '  sweep(join(one, "node_modules"));',
  '  for (const name of [".turbo", "coverage", "test", "tests", "__tests__"]) if (one !== root) drop(join(one, name));',
  '}',
];

const file = '.slipway/keep-service.cjs';

/**
 * The steps that leave of a workspace what one member needs to run. Its folder and those of all members are relative to the
 * root; a member below the service stays. Whatever linker made `node_modules`; only Plug'n'Play has none.
 */
export function pruneMemberSteps(member: string, members: readonly string[]): readonly Step[] {
  const others = members.filter((one) => one !== member);
  const lines = program.map((line) => `'${line}' \\\n      `).join('');
  return [
    {
      title: 'Write the program that finds what the service needs to run',
      script: ['mkdir -p .slipway', `printf '%s\\n' ${lines}> ${file}`],
    },
    { title: 'Keep only what the service needs to run', argv: ['node', file, member, ...others] },
  ];
}
