import type { SourceTree } from '../../core/source-tree.js';
import { jsonText } from '../../formats/json-document.js';
import type { Attempt } from './attempt.js';
import { isComputed, literalOf, plainFolder, readConfig } from './config-file.js';
import { lineOf, type Manifest, plainText } from './manifest.js';
import { flagOf, folderFrom, saidBy, serveSite } from './site.js';

type Sites = (tree: SourceTree, manifest: Manifest, build: string) => readonly Attempt[];

const onePage = ['index.html'];

/** The generators whose builds are only files. Each folder is the documented default, or what a flag or a literal says. */
const sites: Readonly<Record<string, Sites>> = {
  vite: viteSite,
  cra: createReactAppSite,
  vue: vueSite,
  quasar: quasarSite,
  gatsby: () => [serveSite({ folder: 'public', because: 'gatsby builds a static site into public' })],
  docusaurus: docusaurusSite,
  vitepress: (tree, _manifest, build) => [documentationSite(tree, build, 'vitepress')],
  vuepress: (tree, _manifest, build) => [documentationSite(tree, build, 'vuepress')],
  eleventy: eleventySite,
  parcel: parcelSite,
  storybook: storybookSite,
  webpack: webpackSite,
};

/** How the site of a framework that makes only files is served; none for a framework that makes something else. */
export function siteAttempts(name: string, tree: SourceTree, manifest: Manifest): readonly Attempt[] {
  return sites[name]?.(tree, manifest, manifest.scripts.get('build')?.value.slice(0, 2000) ?? '') ?? [];
}

/** https://vite.dev/config/shared-options.html#root: `outDir` is relative to `root`, where its `index.html` lies. */
function viteSite(tree: SourceTree, manifest: Manifest, build: string): readonly Attempt[] {
  if (build !== '' && ![...manifest.scripts.values()].some(({ value }) => /\bvite\b/.test(value.slice(0, 2000)))) {
    return [{ because: 'vite is there', refused: 'no script runs it', value: 'vite' }];
  }
  const config = readConfig(tree, 'vite.config');
  const root = folderFrom(config, 'root', '');
  const parent = root ?? /\bvite build\s{1,4}([\w][\w./-]*)/.exec(build)?.[1] ?? '';
  if (!tree.has(parent === '' ? 'index.html' : `${parent}/index.html`)) {
    return [
      { because: 'vite is there', refused: 'there is no index.html that it would build a site from', value: 'vite' },
    ];
  }
  const flag = flagOf(build, '--outDir');
  const folder = flag === undefined ? folderFrom(config, 'outDir', 'dist', parent) : plainFolder(parent, flag);
  const evidence = saidBy(config, 'outDir', `vite builds a static site into ${folder}`);
  return [
    serveSite({ folder, fallbacks: onePage, base: flagOf(build, '--base') ?? literalOf(config, 'base'), ...evidence }),
  ];
}

/** https://create-react-app.dev/docs/deployment/#building-for-relative-paths, and BUILD_PATH in its advanced configuration. */
function createReactAppSite(_tree: SourceTree, manifest: Manifest, build: string): readonly Attempt[] {
  const written = /\bBUILD_PATH=['"]?([^\s'"]{1,200})/.exec(build)?.[1];
  const folder = plainFolder(written ?? 'build');
  const line = lineOf(manifest, 'homepage');
  const place = line ? { file: manifest.path, line } : {};
  const because = `cra builds a static site into ${folder}`;
  return [serveSite({ folder, fallbacks: onePage, base: plainText(manifest, 'homepage'), ...place, because })];
}

/** https://cli.vuejs.org/config/#publicpath */
function vueSite(tree: SourceTree, _manifest: Manifest, build: string): readonly Attempt[] {
  const config = readConfig(tree, 'vue.config');
  const folder = plainFolder(flagOf(build, '--dest') ?? '') ?? folderFrom(config, 'outputDir', 'dist');
  const evidence = saidBy(config, 'outputDir', `vue builds a static site into ${folder}`);
  return [serveSite({ folder, fallbacks: onePage, base: literalOf(config, 'publicPath'), ...evidence })];
}

/** https://quasar.dev/quasar-cli-vite/commands-list#build: a folder for each mode, and servers or applications for other modes. */
function quasarSite(_tree: SourceTree, _manifest: Manifest, build: string): readonly Attempt[] {
  const mode = flagOf(build, '-m', '--mode') ?? 'spa';
  const because = `quasar builds in the mode ${mode.slice(0, 20)}`;
  if (!/^(spa|pwa)$/.test(mode))
    return [{ because, refused: 'only spa and pwa make a site', value: mode.slice(0, 20) }];
  return [serveSite({ folder: `dist/${mode}`, fallbacks: onePage, because })];
}

/** https://docusaurus.io/docs/cli#docusaurus-build-sitedir */
function docusaurusSite(tree: SourceTree, _manifest: Manifest, build: string): readonly Attempt[] {
  const config = readConfig(tree, 'docusaurus.config');
  const folder = plainFolder(flagOf(build, '--out-dir') ?? 'build');
  const evidence = saidBy(config, 'baseUrl', `docusaurus builds a static site into ${folder}`);
  return [serveSite({ folder, base: literalOf(config, 'baseUrl'), ...evidence })];
}

/** https://vitepress.dev/reference/site-config#outdir: below the directory that is built. */
function documentationSite(tree: SourceTree, build: string, name: 'vitepress' | 'vuepress'): Attempt {
  const root = new RegExp(`\\b${name}(?:-vite|-webpack)?\\s{1,4}build\\s{1,4}([\\w.][\\w./-]*)`).exec(build)?.[1] ?? '';
  const parent = plainFolder(root) ?? '';
  const config = readConfig(tree, parent === '' ? `.${name}/config` : `${parent}/.${name}/config`);
  const written = flagOf(build, '--outDir', '--dest') ?? literalOf(config, name === 'vitepress' ? 'outDir' : 'dest');
  const folder = plainFolder(parent, written ?? `.${name}/dist`);
  const because = `${name} builds a static site into ${folder}`;
  return serveSite({ folder, base: literalOf(config, 'base'), ...saidBy(config, 'outDir', because) });
}

/** https://www.11ty.dev/docs/config/#output-directory */
function eleventySite(tree: SourceTree, _manifest: Manifest, build: string): readonly Attempt[] {
  const found = ['.eleventy', 'eleventy.config'].map((base) => readConfig(tree, base)).find(({ text }) => text !== '');
  const config = found ?? { path: 'eleventy.config.js', text: '' };
  const set = /\bsetOutputDirectory\(\s{0,4}['"]([^'"\n]{1,200})['"]/.exec(config.text)?.[1];
  const folder = plainFolder(flagOf(build, '--output') ?? set ?? '') ?? folderFrom(config, 'output', '_site');
  return [serveSite({ folder, ...saidBy(config, 'output', `eleventy builds a static site into ${folder}`) })];
}

/** https://parceljs.org/features/cli/: only where the build script builds a page. */
function parcelSite(_tree: SourceTree, manifest: Manifest, build: string): readonly Attempt[] {
  const isPage =
    /\bparcel build\b[^&|;]*\.html\b/.test(build) || (jsonText(manifest.root, 'source') ?? '').endsWith('.html');
  if (!isPage) return [];
  const folder = plainFolder(flagOf(build, '--dist-dir') ?? 'dist');
  const because = `parcel builds a static site into ${folder}`;
  return [serveSite({ folder, fallbacks: onePage, base: flagOf(build, '--public-url'), because })];
}

/** https://storybook.js.org/docs/sharing/publish-storybook: only where nothing else is what the build makes. */
function storybookSite(_tree: SourceTree, _manifest: Manifest, build: string): readonly Attempt[] {
  const folder = plainFolder(flagOf(build, '--output-dir', '-o') ?? 'storybook-static');
  return [serveSite({ folder, because: `storybook builds a static site into ${folder}` })];
}

/** Only where a page is made and the folder is stated. */
function webpackSite(tree: SourceTree, _manifest: Manifest, build: string): readonly Attempt[] {
  const config = readConfig(tree, 'webpack.config');
  const stated = /\bpath:\s{0,4}(?:path\.)?(?:resolve|join)\(\s{0,4}__dirname,\s{0,4}['"]([^'"\n]{1,200})['"]\s{0,4}\)/;
  const found = stated.exec(config.text)?.[1];
  const flag = flagOf(build, '--output-path', '-o');
  if (found === undefined && flag === undefined && !isComputed(config, 'path')) return [];
  const folder = plainFolder(flag ?? found ?? '..');
  const evidence = saidBy(config, 'path', `webpack builds a static site into ${folder}`);
  return [serveSite({ folder, fallbacks: onePage, ...evidence })];
}
