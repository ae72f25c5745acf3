import { Failure } from '../../core/failure.js';
import { type Fact, fact, type Rejected } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { jsonAt, jsonMembers } from '../../formats/json-document.js';
import type { Attempt } from './attempt.js';
import type { Framework } from './framework.js';
import { lineOf, type Manifest, plainText } from './manifest.js';
import { uninstalledPackage } from './nested-package.js';
import { nxAttempts } from './nx.js';
import { otherPlatformAttempts } from './other-platform.js';
import { withoutPm2 } from './pm2.js';
import { procfileAttempts } from './procfile.js';
import { nextOutput, otherNestApplications, serverAttempts } from './servers.js';
import { siteAttempts } from './sites.js';
import { normalisePath, resolveFile } from './sources.js';
import { otherRuntimes, runtimeRemedy } from './start-command.js';
import { buildWithin, startOf } from './start-script.js';
import { neededBy } from './started-file.js';
import { staticServer } from './static-server.js';
import { compiledPath, readCompiler } from './tsconfig.js';

/**
 * The argv that starts the service. In this order: the scripts `start` (for Nest `start:prod` first), `start:prod`,
 * `start:production`, `production`, `serve:prod`, Angular's `serve:ssr:…`; `web` of a `Procfile`; the framework's own server; the static site that the framework builds; `main`;
 * a single `bin`; `server.js`, `index.js`, `app.js`. Each must be startable without development tools and name a file that
 * is there or that the build can make; `isBuilt` where a person says how it is built. Throws `detect.unsupported` when nothing is.
 */
export function detectStart(
  tree: SourceTree,
  manifest: Manifest,
  framework: Framework | undefined,
  isBuilt = false,
): Fact {
  const rejected: Rejected[] = [];
  let remedy: string | undefined;
  for (const attempt of attemptsAt(tree, manifest, framework)) {
    const { file, line, because } = attempt;
    const place = { ...(file && { file }), ...(line && { line }) };
    if ('refused' in attempt) {
      remedy ??= attempt.remedy;
      rejected.push({ ...place, because: `${because}: ${attempt.refused}`, value: attempt.value });
      continue;
    }
    const nested = isBuilt ? undefined : uninstalledPackage(tree, manifest, attempt.argv);
    if (nested !== undefined) {
      remedy ??= `Run Slipway in ${nested}; or let this package's build install what that one needs; or make them a workspace.`;
      const why = `what ${nested}/package.json needs is installed by nothing here`;
      rejected.push({ ...place, because: `${because}: ${why}`, value: attempt.argv });
      continue;
    }
    const missing = isBuilt ? undefined : missingFile(tree, manifest, attempt.argv);
    if (missing === undefined) {
      return fact(attempt.argv, { ...place, because }, [...rejected, ...otherNestApplications(tree, attempt.argv)]);
    }
    rejected.push({
      ...place,
      because: `${because}: ${missing} is not there and nothing builds it`,
      value: attempt.argv,
    });
  }
  throw nothingStarts(manifest, rejected, remedy);
}

function* attemptsAt(tree: SourceTree, manifest: Manifest, framework: Framework | undefined): Generator<Attempt> {
  const made = framework === undefined ? [] : serverAttempts(framework.name, tree, manifest);
  // Its start script is meant for the directory that its build makes.
  if (framework?.name === 'adonis') yield* made;
  yield* scriptAttempts(tree, manifest, framework);
  yield* procfileAttempts(tree, manifest);
  const applications = nxAttempts(tree, manifest);
  yield* applications;
  if (applications.length > 0) return;
  if (framework?.name !== 'adonis') yield* made;
  const several = severalPrograms(manifest);
  if (several) yield several;
  else if (framework) yield* siteAttempts(framework.name, tree, manifest);
  const others = otherPlatformAttempts(tree, manifest);
  yield* others;
  if (others.length > 0 || several) return;
  yield* otherRuntimeAttempts(manifest);
  if (startsServer(manifest)) yield* manifestAttempts(tree, manifest);
  yield* compiledAttempts(tree, manifest);
  if (startsServer(manifest) && !isCompiled(manifest)) yield* fileAttempts(tree);
}

function* fileAttempts(tree: SourceTree): Generator<Attempt> {
  for (const file of ['server.js', 'server.mjs', 'index.js', 'index.mjs', 'app.js', 'src/server.js', 'src/index.js']) {
    if (tree.has(file)) yield { argv: ['node', file], file, because: `${file} is there` };
  }
}

/** A start script that runs a server and a front end side by side: either alone would be half of what is meant. */
function severalPrograms(manifest: Manifest): Attempt | undefined {
  const script = manifest.scripts.get('start');
  const value = script?.value.slice(0, 200) ?? '';
  if (!script || !/\b(concurrently|run-p|npm-run-all)\b/.test(value) || !/\b(server|api|backend|node)\b/.test(value)) {
    return undefined;
  }
  const because = `scripts.start is ${JSON.stringify(value)}`;
  const remedy = 'Set node.start to the argv of the one that is the service, e.g. ["node","server.js"].';
  const refused = 'it runs several programs at once';
  return { file: manifest.path, line: script.line, because, refused, value, remedy };
}

/** Whether the start script, where there is one, runs a program of Node for developers, and not a tool that serves other files. */
function startsServer(manifest: Manifest): boolean {
  const start = manifest.scripts.get('start')?.value ?? '';
  const words: readonly string[] = start.slice(0, 2000).match(/[\w@./-]+/g) ?? [];
  return start.trim() === '' || words.some((word) => runners.test(word));
}

const runners =
  /^(node|nodemon|node-dev|supervisor|ts-node|ts-node-dev|ts-node-esm|tsnd|tsx|babel-node|swc-node|tsc-watch|nest|pm2|pm2-runtime|forever|bun|deno|[\w@./-]+\.[cm]?[jt]s)$/;

/** Where sources are compiled, the file that starts is one that the build makes: a source that lies there is no start. */
function isCompiled(manifest: Manifest): boolean {
  const scripts = ['build', 'start'].map((name) => manifest.scripts.get(name)?.value.slice(0, 2000) ?? '');
  return scripts.some((text) =>
    /\b(tsc|babel|babel-node|swc|webpack|rollup|esbuild|tsup|rspack|ncc|ts-node|tsx)\b/.test(text),
  );
}

/** A start script for developers names the TypeScript file that the build's `tsc` compiles: that one is started then. */
function* compiledAttempts(tree: SourceTree, manifest: Manifest): Generator<Attempt> {
  const build = manifest.scripts.get('build')?.value.slice(0, 2000) ?? '';
  const tsc = /(?:^|[\s&])tsc(?:\s+(?:-p|--project)\s+([\w./-]+))?/.exec(build);
  const compiler = tsc ? readCompiler(tree, normalisePath(tsc[1] ?? '') || 'tsconfig.json') : undefined;
  if (!compiler) return;
  for (const name of ['start', 'dev', 'start:dev']) {
    const script = manifest.scripts.get(name);
    const words: readonly string[] = script?.value.slice(0, 2000).match(/[\w./-]+\.[cm]?ts\b/g) ?? [];
    const source = words.map((word) => normalisePath(word)).find((path) => path !== undefined && tree.has(path));
    const file = source && compiledPath(compiler, source);
    if (!script || !source || !file) continue;
    const because = `scripts.${name} runs ${source}, which ${compiler.path} compiles to ${file}`;
    yield { argv: ['node', file], file: manifest.path, line: script.line, because };
    return;
  }
}

/** A script for developers that runs the program on Bun or Deno: then no file is known that node would run. */
function* otherRuntimeAttempts(manifest: Manifest): Generator<Attempt> {
  const script = manifest.scripts.get('dev');
  const words = script?.value.slice(0, 2000).split(/\s+/) ?? [];
  const other = otherRuntimes.find(({ program }) => program === words[0]);
  const file = words.find((word) => /\.[cm]?[jt]sx?$/.test(word));
  if (!script || !other || file === undefined) return;
  const because = `scripts.dev is ${JSON.stringify(script.value.slice(0, 200))}`;
  const refused = `it runs on ${other.name}, not on Node`;
  const remedy = runtimeRemedy(other.name);
  yield { file: manifest.path, line: script.line, because, refused, value: file, remedy };
}

function* scriptAttempts(tree: SourceTree, manifest: Manifest, framework: Framework | undefined): Generator<Attempt> {
  const usual = ['start', 'start:prod', 'start:production', 'production', 'serve:prod'];
  const rendering = [...manifest.scripts.keys()].filter((name) => name.startsWith('serve:ssr:'));
  const names = framework?.name === 'nest' ? ['start:prod', ...usual] : [...usual, ...rendering];
  for (const name of new Set(names)) {
    const script = manifest.scripts.get(name);
    if (!script) continue;
    const shown = JSON.stringify(script.value.slice(0, 200));
    const place = { file: manifest.path, line: script.line };
    const written = startOf(manifest, name);
    const started = (written.ok && withoutPm2(tree, written.argv)) || written;
    const value = script.value.slice(0, 200);
    if (!started.ok)
      yield { ...place, because: `scripts.${name} is ${shown}`, refused: started.because, value, ...remedyOf(started) };
    else if (isOtherNext(tree, started.argv)) {
      const refused = 'the configuration makes no server for this command';
      yield { ...place, because: `scripts.${name} is ${shown}`, refused, value };
    } else {
      const how = started.because === '' ? '' : `, ${started.because}`;
      yield { ...place, argv: started.argv, because: `scripts.${name} is ${shown}${how}` };
    }
  }
}

function isOtherNext(tree: SourceTree, argv: readonly string[]): boolean {
  return argv.includes('node_modules/.bin/next') && /^(standalone|export)$/.test(nextOutput(tree) ?? '');
}

function* manifestAttempts(tree: SourceTree, manifest: Manifest): Generator<Attempt> {
  const main = plainText(manifest, 'main');
  const line = (...path: readonly string[]) => ({ file: manifest.path, line: lineOf(manifest, ...path) ?? 1 });
  const isLibrary = ['types', 'typings', 'exports'].some((key) => jsonAt(manifest.root, key) !== undefined);
  const compiled = main !== undefined && isTypeScript(main) ? compiledMain(tree, main) : main;
  if (main !== undefined && compiled === undefined) {
    const refused = 'it is TypeScript, and what it is compiled to cannot be told';
    yield { ...line('main'), because: `main is ${JSON.stringify(main.slice(0, 200))}`, refused, value: main };
  } else if (main !== undefined && compiled !== undefined && compiled !== main) {
    const because = `main is ${JSON.stringify(main.slice(0, 200))}, which is compiled to ${compiled}`;
    yield { argv: ['node', compiled], ...line('main'), because };
  } else if (main !== undefined && !isLibrary && isFileName(tree, main)) {
    yield { argv: ['node', main], ...line('main'), because: `main is ${JSON.stringify(main.slice(0, 200))}` };
  }
  const bin = plainText(manifest, 'bin') ?? onlyBinOf(manifest);
  if (bin?.endsWith('.sh')) {
    const because = `bin is ${JSON.stringify(bin.slice(0, 200))}`;
    yield { ...line('bin'), because, refused: 'it is a script for a shell', value: bin };
  } else if (bin && isFileName(tree, bin))
    yield { argv: ['node', bin], ...line('bin'), because: `bin is ${JSON.stringify(bin.slice(0, 200))}` };
}

function isTypeScript(file: string): boolean {
  return /\.[cm]?tsx?$/.test(file);
}

function compiledMain(tree: SourceTree, main: string): string | undefined {
  const source = normalisePath(main);
  const compilers = ['tsconfig.build.json', 'tsconfig.json'].map((file) => readCompiler(tree, file));
  const paths = compilers.map((one) => one && source && compiledPath(one, source));
  return paths.find((path) => path !== undefined && path !== '');
}

/** `npm init` writes `index.js` whether there is one or not: at the root a file must be there. */
function isFileName(tree: SourceTree, file: string): boolean {
  const path = file.startsWith('-') ? undefined : normalisePath(file);
  return path !== undefined && (path.includes('/') || resolveFile(tree, path) !== undefined);
}

function onlyBinOf(manifest: Manifest): string | undefined {
  const all = jsonMembers(jsonAt(manifest.root, 'bin'));
  const [only] = all;
  return all.length === 1 && only ? plainText(manifest, 'bin', only[0]) : undefined;
}

function remedyOf(started: { readonly remedy?: string }): { readonly remedy?: string } {
  return started.remedy === undefined ? {} : { remedy: started.remedy };
}

/** The first file that is needed and neither there nor made by a script that runs at installation or build. */
function missingFile(tree: SourceTree, manifest: Manifest, argv: readonly string[]): string | undefined {
  if (argv.includes(staticServer.path)) return undefined;
  const isBuilt =
    ['build', 'prepare', 'postinstall', 'prepublish'].some((name) => manifest.scripts.has(name)) ||
    buildWithin(manifest) !== undefined;
  return neededBy(argv).find((file) => {
    const path = normalisePath(file);
    if (path === undefined || path.startsWith('node_modules/')) return path === undefined;
    return !isBuilt && resolveFile(tree, path) === undefined;
  });
}

function nothingStarts(manifest: Manifest, rejected: readonly Rejected[], remedy = usualRemedy): Failure {
  const tried = rejected.map((one) => one.because).join('; ');
  const line = lineOf(manifest, 'scripts', 'start') ?? lineOf(manifest, 'scripts');
  const said = rejected.find(({ file }) => file !== undefined && file !== manifest.path);
  const saidAt = said?.line === undefined ? said?.file : `${said.file}:${said.line}`;
  return new Failure('detect.unsupported', {
    message: `Nothing says how this Node project starts in production${tried === '' ? '' : `: ${tried}`}`.slice(
      0,
      1000,
    ),
    where: saidAt ?? (line ? `${manifest.path}:${line}` : manifest.path),
    remedy,
  });
}

const usualRemedy = 'Add a script \'start\' to package.json, e.g. "node dist/server.js", or set node.start to an argv.';
