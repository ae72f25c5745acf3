import { join, resolve } from 'node:path';
import { Failure } from '../core/failure.js';
import type { CiFacts } from '../core/history.js';
import { readCiFacts } from '../io/ci.js';
import { readGitFacts } from '../io/git.js';
import { findTopLevel } from '../io/git-command.js';
import { openSourceTree } from '../io/source-tree.js';
import type { Settings } from '../settings/settings.js';
import { decideVersion, type VersionReading } from '../versions/decide-version.js';
import { chooseBaseTag } from '../versions/release-tags.js';
import { wholeCloneRemedy } from '../versions/remedies.js';
import type { VersionRules, VersionScheme } from '../versions/rules.js';
import { reviewHistory } from '../versions/trouble.js';
import { readJarVersion } from './built-jar.js';
import { templatesInProject } from './choices.js';
import { contextOf, type World } from './world.js';

/**
 * Read git, the CI and the settings, and decide the version. Only with `--deepen` is the clone changed: what it lacks is
 * fetched first. Throws `detect.*`, `settings.*`.
 */
export async function readVersion(world: World): Promise<VersionReading> {
  if (world.jar !== undefined && findTopLevel(world.root) === undefined) return readJarVersion(world, world.jar);
  const settings = await world.settings();
  const ci: CiFacts = settings.values.version.ci === 'none' ? { name: 'none' } : readCiFacts(world.environment);
  if (world.options.deepen) {
    const { deepenHistory } = await import('../io/deepen.js');
    await deepenHistory(world.root, { ...contextOf(world), remedy: wholeCloneRemedy(ci.name) });
  }
  const rules = await versionRules(world, settings);
  const paths = settings.values.version.paths ?? (rules.tagPrefix === undefined ? undefined : []);
  const git = await readGitFacts(world.root, {
    chooseBase: (tags) => chooseBaseTag(tags, rules),
    exclude: [...handOverFiles(world), ...templatesInProject(settings)],
    ...(paths !== undefined && { paths }),
  });
  for (const warning of reviewHistory(git, ci, rules)) world.progress.warn(warning);
  return { git, ci, decision: decideVersion(git, ci, rules) };
}

async function versionRules(world: World, settings: Settings): Promise<VersionRules> {
  const { 'tag-prefix': tagPrefix, template, file, 'branch-tag': branchTag, withdrawn } = settings.values.version;
  const scheme = schemeOf(settings);
  const needsFile = scheme === 'file' || template?.includes('{file}');
  const stated = needsFile ? await readStated(world, file) : undefined;
  return {
    scheme,
    ...(tagPrefix !== undefined && { tagPrefix }),
    ...(template !== undefined && { template }),
    ...(stated !== undefined && { stated }),
    ...(branchTag !== undefined && { branchTag }),
    ...(withdrawn !== undefined && { withdrawn }),
  };
}

async function readStated(world: World, file: string | undefined) {
  const { readStatedVersion } = await import('../versions/stated-version.js');
  return readStatedVersion(openSourceTree(world.root), file);
}

/** A template that another scheme would leave unused is a mistake of one of the two. */
function schemeOf(settings: Settings): VersionScheme {
  const { scheme, template } = settings.values.version;
  if (template === undefined || scheme === undefined || scheme === 'template') {
    return scheme ?? (template === undefined ? 'semver' : 'template');
  }
  throw new Failure('settings.invalid', {
    message: `There is a version.template, and the version.scheme is ${scheme}, which has no use for it`,
    where: settings.originOf('version.scheme') ?? 'version.scheme',
    remedy: 'Take out one of the two.',
  });
}

/** Files that stages hand to each other are no part of the sources, wherever they lie. */
function handOverFiles(world: World): readonly string[] {
  const { plan, image, release, out } = world.options;
  const files = [plan, image, release, out].filter((file) => file !== undefined).map((file) => resolve(file));
  return world.jar === undefined ? files : [...files, join(world.root, world.jar)];
}
