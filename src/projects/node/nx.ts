import { Failure } from '../../core/failure.js';
import type { SourceTree } from '../../core/source-tree.js';
import { type JsonNode, jsonAt, jsonText } from '../../formats/json-document.js';
import type { Attempt } from './attempt.js';
import { plainFolder } from './config-file.js';
import { readJsonConfig } from './json-config.js';
import type { Manifest } from './manifest.js';

interface Application {
  readonly name: string;
  readonly folder: string;
  readonly project: JsonNode;
}

const maxProjects = 200;

/**
 * An Nx repository with one package.json: each application has a project.json, and its build goes where that says
 * (https://nx.dev/reference/project-configuration). The one that the script `build` names, or the only one. None where there is no such
 * application. Throws `detect.ambiguous` where the script does not say which.
 */
export function nxAttempts(tree: SourceTree, manifest: Manifest): readonly Attempt[] {
  if (!tree.has('nx.json')) return [];
  const applications = applicationsIn(tree);
  if (applications.length === 0) return [];
  const build = manifest.scripts.get('build')?.value ?? '';
  const named = /\bnx (?:build|run|run-many [^&|;]{0,100}--projects?[= ])\s{0,4}([\w@/-]{1,100})/.exec(build)?.[1];
  const chosen = applications.find(({ name }) => name === named);
  if (!chosen) throw applicationWanted(applications);
  return [serverOf(chosen)];
}

function serverOf({ name, folder, project }: Application): Attempt {
  const build = jsonAt(project, 'targets', 'build');
  const file = `${folder}/project.json`;
  const line = build?.line ?? 1;
  const because = `${name} is built by ${jsonText(build, 'executor')?.slice(0, 60) ?? 'what Nx infers'}`;
  const output = plainFolder(jsonText(build, 'options', 'outputPath') ?? '..');
  const isServer = /^@(nx|nrwl)\/(webpack|esbuild|node|js|rspack):/.test(jsonText(build, 'executor') ?? '');
  if (isServer && output !== undefined && isPlainMain(build)) {
    return { file, line, because, argv: ['node', `${output}/main.js`] };
  }
  return { file, line, because, refused: 'where it puts what starts is not known', value: name };
}

/** The bundle is named after its main file: https://nx.dev/nx-api/webpack/executors/webpack. */
function isPlainMain(build: JsonNode | undefined): boolean {
  const main = jsonText(build, 'options', 'main');
  const name = jsonText(build, 'options', 'outputFileName');
  return (main === undefined || /(^|\/)main\.[cm]?[jt]s$/.test(main)) && (name === undefined || name === 'main.js');
}

function applicationsIn(tree: SourceTree): readonly Application[] {
  const folders = ['apps', 'packages', 'services'].flatMap((parent) => below(tree, parent));
  const deeper = folders.flatMap((folder) => (tree.has(`${folder}/project.json`) ? [folder] : below(tree, folder)));
  return deeper.slice(0, maxProjects).flatMap((folder) => {
    const project = readJsonConfig(tree, `${folder}/project.json`);
    if (!project || jsonText(project, 'projectType') === 'library' || folder.endsWith('-e2e')) return [];
    return [{ folder, project, name: jsonText(project, 'name') ?? folder.slice(folder.lastIndexOf('/') + 1) }];
  });
}

function below(tree: SourceTree, parent: string): readonly string[] {
  const directories = tree.list(parent).filter(({ type }) => type === 'directory');
  return directories.slice(0, maxProjects).map(({ name }) => `${parent}/${name}`);
}

function applicationWanted(applications: readonly Application[]): Failure {
  const [first] = applications;
  const name = first?.name ?? 'NAME';
  return new Failure('detect.ambiguous', {
    message: 'This is an Nx repository, and its scripts do not say which application is the service',
    where: 'nx.json',
    remedy: `Let the script 'build' name it (nx build ${name}), or set node.build and node.start, e.g. --set node.build='["node_modules/.bin/nx","build","${name}"]' --set node.start='["node","dist/${first?.folder ?? 'apps/NAME'}/main.js"]'.`,
    candidates: applications.map(({ folder }) => folder),
  });
}
