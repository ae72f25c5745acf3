import { type Evidence, type Fact, fact } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';

/** In UTF-16 units. */
const maxSize = 200_000;

/** A setting of `.yarnrc.yml` or, of yarn classic, `.yarnrc`, and its line. */
interface Setting {
  readonly value: string;
  readonly file: string;
  readonly line: number;
}

/** A release of yarn that is checked in: whatever yarn is started hands over to it. */
export interface CheckedInYarn extends Evidence {
  readonly version: string;
}

/** Undefined where there is none, or its file name tells no version. Source: https://yarnpkg.com/configuration/yarnrc#yarnPath. */
export function checkedInYarn(tree: SourceTree): CheckedInYarn | undefined {
  const setting = settingIn(tree, '.yarnrc.yml', 'yarnPath') ?? settingIn(tree, '.yarnrc', 'yarn-path');
  const version = /(?:^|\/)yarn-(\d{1,3}\.\d{1,3}\.\d{1,4}(?:-[0-9A-Za-z.]{1,30})?)\.c?js$/.exec(
    setting?.value ?? '',
  )?.[1];
  if (!setting || version === undefined) return undefined;
  const { file, line, value } = setting;
  return { version, file, line, because: `yarnPath is ${value.slice(0, 100)}` };
}

/**
 * How yarn 2 and later lay the dependencies out: as the project says, but `node-modules` for Plug'n'Play, since an image is
 * started by node itself and by commands in `node_modules/.bin`. The versions are those of the same lockfile.
 */
export function detectLinker(tree: SourceTree): Fact {
  const setting = settingIn(tree, '.yarnrc.yml', 'nodeLinker');
  if (setting && /^(node-modules|pnpm)$/.test(setting.value)) {
    const { file, line, value } = setting;
    return fact(value, { file, line, because: `nodeLinker is ${value}` });
  }
  const because = "Plug'n'Play is laid out as node_modules, so that node alone starts the image";
  const place = setting ? { file: setting.file, line: setting.line } : {};
  const how = setting ? `nodeLinker is ${setting.value.slice(0, 40)}` : "yarn's own default";
  return fact('node-modules', { because }, [{ ...place, value: 'pnp', because: how }]);
}

/** Whether the dependencies' archives are checked in (https://yarnpkg.com/features/caching#zero-installs). */
export function detectCheckedInCache(tree: SourceTree): Fact | undefined {
  const archive = tree.list('.yarn/cache').find(({ name }) => name.endsWith('.zip'));
  if (!archive) return undefined;
  return fact('.yarn/cache', {
    file: `.yarn/cache/${archive.name}`,
    because: 'the archives of the dependencies are checked in',
  });
}

function settingIn(tree: SourceTree, file: string, key: string): Setting | undefined {
  const lines = (tree.read(file) ?? '').slice(0, maxSize).split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    const [, name, value] = /^["']?([A-Za-z-]+)["']?:?\s+["']?([^"'\s#]+)["']?\s*(?:#.*)?$/.exec(line) ?? [];
    if (name === key && value !== undefined) return { value, file, line: index + 1 };
  }
  return undefined;
}

/** An argv without the hooks of Plug'n'Play (`-r ./.pnp.cjs`), which is not in the image: see `detectLinker`. */
export function withoutPlugAndPlay(argv: readonly string[]): readonly string[] {
  const isHook = (word: string | undefined) => /(?:^|[=/])\.pnp\.(?:c?js|loader\.mjs)$/.test(word ?? '');
  return argv.filter(
    (word, index) => !isHook(word) && !(word.startsWith('-') && !word.includes('=') && isHook(argv[index + 1])),
  );
}
