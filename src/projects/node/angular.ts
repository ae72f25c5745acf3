import type { SourceTree } from '../../core/source-tree.js';
import { type JsonNode, jsonAt, jsonMembers, jsonText } from '../../formats/json-document.js';
import type { Attempt } from './attempt.js';
import { plainFolder } from './config-file.js';
import { readJsonConfig } from './json-config.js';
import type { Manifest } from './manifest.js';
import { serveSite } from './site.js';

const file = 'angular.json';

/**
 * The application that `ng build` builds: a server where it has server-side rendering with an entry, else a site. By default in
 * `dist/<project>`; the application builder puts the site into `browser` below it (https://angular.dev/reference/configs/workspace-config).
 */
export function angularAttempts(tree: SourceTree, manifest: Manifest): readonly Attempt[] {
  const root = readJsonConfig(tree, file);
  const applications = jsonMembers(jsonAt(root, 'projects')).filter(
    ([, project]) => jsonText(project, 'projectType') !== 'library' && buildOf(project) !== undefined,
  );
  const build = manifest.scripts.get('build')?.value ?? '';
  const named = /\bng (?:build|b)\s{1,4}([\w@/.-]{1,100})/.exec(build)?.[1] ?? jsonText(root, 'defaultProject');
  const chosen =
    applications.find(([name]) => name === named) ?? (applications.length === 1 ? applications[0] : undefined);
  if (applications.length === 0) return [];
  if (chosen) return attemptsAt(chosen[0], chosen[1]);
  const names = applications
    .map(([name]) => name.slice(0, 60))
    .slice(0, 10)
    .join(', ');
  const refused = `the build script must say which is built: ${names}`;
  return [{ file, because: 'angular.json has several applications', refused, value: names }];
}

function attemptsAt(name: string, project: JsonNode): readonly Attempt[] {
  const build = buildOf(project);
  const options = jsonAt(build, 'options');
  const line = build?.line ?? 1;
  const base = jsonText(options, 'outputPath') ?? jsonText(options, 'outputPath', 'base') ?? `dist/${name}`;
  const isStatic = jsonText(options, 'outputMode') === 'static';
  const entry = jsonAt(options, 'ssr', 'entry') ?? (jsonText(options, 'server') ? jsonAt(options, 'ssr') : undefined);
  if (entry?.value && !isStatic) {
    const folder = plainFolder(base, jsonText(options, 'outputPath', 'server') ?? 'server');
    if (folder === undefined) return [];
    return [{ file, line, argv: ['node', `${folder}/server.mjs`], because: 'the production server of angular' }];
  }
  const isApplication = jsonText(build, 'builder')?.endsWith(':application') ?? false;
  const folder = plainFolder(base, isApplication ? (jsonText(options, 'outputPath', 'browser') ?? 'browser') : '');
  const fallbacks = isStatic ? ['index.csr.html', 'index.html'] : ['index.html'];
  const because = `angular builds a static site into ${folder}`;
  return [serveSite({ folder, fallbacks, base: jsonText(options, 'baseHref'), file, line, because })];
}

function buildOf(project: JsonNode): JsonNode | undefined {
  return jsonAt(project, 'architect', 'build') ?? jsonAt(project, 'targets', 'build');
}
