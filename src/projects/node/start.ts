import { Failure } from '../../core/failure.js';
import { type Evidence, type Fact, fact, type Rejected } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { jsonAt, jsonMembers } from '../../formats/json-document.js';
import { type Framework, isStandaloneNext, serverOf, siteOf } from './framework.js';
import { lineOf, type Manifest, plainText } from './manifest.js';
import { normalisePath, resolveFile } from './sources.js';
import { startOf } from './start-script.js';
import { staticServer } from './static-server.js';

type Attempt = Evidence & ({ readonly argv: readonly string[] } | { readonly refused: string; readonly value: string });

/**
 * The argv that starts the service. In this order: the scripts `start` (for Nest `start:prod` first), `start:prod`,
 * `start:production`, `production`, `serve:prod`, Angular's `serve:ssr:…`; the framework's own server; the static site that the framework builds; `main`;
 * a single `bin`; `server.js`, `index.js`, `app.js`. Each must be startable without development tools and name a file that
 * is there or that the build can make. Throws `detect.unsupported` when nothing is.
 */
export function detectStart(tree: SourceTree, manifest: Manifest, framework: Framework | undefined): Fact {
  const rejected: Rejected[] = [];
  for (const attempt of attemptsAt(tree, manifest, framework)) {
    const { file, line, because } = attempt;
    const place = { ...(file && { file }), ...(line && { line }) };
    if ('refused' in attempt) {
      rejected.push({ ...place, because: `${because}: ${attempt.refused}`, value: attempt.value });
      continue;
    }
    const missing = missingFile(tree, manifest, attempt.argv);
    if (missing === undefined) return fact(attempt.argv, { ...place, because }, rejected);
    rejected.push({
      ...place,
      because: `${because}: ${missing} is not there and nothing builds it`,
      value: attempt.argv,
    });
  }
  throw nothingStarts(manifest, rejected);
}

/** The file that an argv makes node load; undefined where it names none, as a package's own command. */
export function fileStartedBy(argv: readonly string[]): string | undefined {
  const words =
    argv[0] === 'env' ? argv.slice(argv.findIndex((word, index) => index > 0 && !word.includes('='))) : argv;
  if (words[0] !== 'node') return undefined;
  const withValue =
    /^(-r|--require|--import|--loader|--experimental-loader|-C|--conditions|--title|--env-file|--icu-data-dir)$/;
  for (let index = 1; index < words.length; index++) {
    const word = words[index] ?? '';
    if (/^(-e|--eval|-p|--print|-c|--check)$/.test(word)) return undefined;
    if (withValue.test(word)) index++;
    else if (!word.startsWith('-')) return word;
  }
  return undefined;
}

/** The source file with which an argv begins, also where a TypeScript runner loads it; undefined where it names none. */
export function sourceStartedBy(argv: readonly string[]): string | undefined {
  const runner = argv.indexOf('node_modules/.bin/tsx');
  return runner < 0 ? fileStartedBy(argv) : fileStartedBy(['node', ...argv.slice(runner + 1)]);
}

function* attemptsAt(tree: SourceTree, manifest: Manifest, framework: Framework | undefined): Generator<Attempt> {
  yield* scriptAttempts(tree, manifest, framework);
  const server = framework && serverOf(framework, tree, manifest);
  if (server) yield { argv: server, because: `the production server of ${framework.name}` };
  const site = framework && siteOf(framework, tree, manifest);
  if (site)
    yield { argv: ['node', staticServer.path, site], because: `${framework.name} builds a static site into ${site}` };
  yield* manifestAttempts(tree, manifest);
  for (const file of ['server.js', 'server.mjs', 'index.js', 'index.mjs', 'app.js', 'src/server.js', 'src/index.js']) {
    if (tree.has(file)) yield { argv: ['node', file], file, because: `${file} is there` };
  }
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
    const started = startOf(manifest, name);
    const value = script.value.slice(0, 200);
    if (!started.ok) yield { ...place, because: `scripts.${name} is ${shown}`, refused: started.because, value };
    else if (started.argv.includes('node_modules/.bin/next') && isStandaloneNext(tree)) {
      yield {
        ...place,
        because: `scripts.${name} is ${shown}`,
        refused: 'the configuration makes a standalone server',
        value,
      };
    } else {
      const how = started.because === '' ? '' : `, ${started.because}`;
      yield { ...place, argv: started.argv, because: `scripts.${name} is ${shown}${how}` };
    }
  }
}

function* manifestAttempts(tree: SourceTree, manifest: Manifest): Generator<Attempt> {
  const main = plainText(manifest, 'main');
  const line = (...path: readonly string[]) => ({ file: manifest.path, line: lineOf(manifest, ...path) ?? 1 });
  const isLibrary = ['types', 'typings', 'exports'].some((key) => jsonAt(manifest.root, key) !== undefined);
  if (main !== undefined && !isLibrary && isFileName(tree, main)) {
    yield { argv: ['node', main], ...line('main'), because: `main is ${JSON.stringify(main.slice(0, 200))}` };
  }
  const bin = plainText(manifest, 'bin') ?? onlyBinOf(manifest);
  if (bin && isFileName(tree, bin))
    yield { argv: ['node', bin], ...line('bin'), because: `bin is ${JSON.stringify(bin.slice(0, 200))}` };
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

/** The started file's name when it is neither there nor made by a script that runs at installation or build. */
function missingFile(tree: SourceTree, manifest: Manifest, argv: readonly string[]): string | undefined {
  const file = fileStartedBy(argv);
  if (file === undefined || file === staticServer.path) return undefined;
  const path = normalisePath(file);
  if (path === undefined || path.startsWith('node_modules/')) return path === undefined ? file : undefined;
  const isBuilt = ['build', 'prepare', 'postinstall', 'prepublish'].some((name) => manifest.scripts.has(name));
  return isBuilt || resolveFile(tree, path) !== undefined ? undefined : file;
}

function nothingStarts(manifest: Manifest, rejected: readonly Rejected[]): Failure {
  const tried = rejected.map((one) => one.because).join('; ');
  const line = lineOf(manifest, 'scripts', 'start') ?? lineOf(manifest, 'scripts');
  return new Failure('detect.unsupported', {
    message: `Nothing says how this Node project starts in production${tried === '' ? '' : `: ${tried}`}`.slice(
      0,
      1000,
    ),
    where: line ? `${manifest.path}:${line}` : manifest.path,
    remedy: 'Add a script \'start\' to package.json, e.g. "node dist/server.js", or set node.start to an argv.',
  });
}
