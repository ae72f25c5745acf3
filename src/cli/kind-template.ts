import { fileURLToPath } from 'node:url';
import { lintDockerfile } from '../dockerfile/index.js';
import { loadTemplate, type Template } from '../io/templates.js';
import type { Settings } from '../settings/settings.js';
import { packageRoot } from './version.js';
import type { World } from './world.js';

/** The template of a kind's Dockerfile. Throws `detect.template`. */
export function loadKindTemplate(world: World, settings: Settings, kind: string): Template {
  return load(world, settings, kind, 'Dockerfile.ejs');
}

/** The template of the stage that builds, shared by all kinds. Throws `detect.template`. */
export function loadBuildStage(world: World, settings: Settings): Template {
  return load(world, settings, 'common', 'build-stage.ejs');
}

function load(world: World, settings: Settings, directory: string, file: string): Template {
  return loadTemplate(directory, file, {
    projectRoot: world.root,
    setting: settings.values.templates,
    packageRoot: fileURLToPath(packageRoot),
  });
}

/** Rules that a Dockerfile without a version, which is committed, cannot keep. */
const versionRule = 'labels';

/** Say which templates are not Slipway's own, and what a reviewer would send back of the Dockerfile they made. */
export function reviewOwnTemplates(
  world: World,
  templates: readonly { readonly origin: string; readonly builtIn: boolean }[],
  dockerfile: string,
  form: 'packed' | 'standalone',
): void {
  const own = templates.filter(({ builtIn }) => !builtIn).map(({ origin }) => origin);
  if (own.length === 0) return;
  world.progress.info(`template: ${own.join(' and ')}`);
  const lines = dockerfile.split('\n');
  for (const { rule, line, message } of lintDockerfile(dockerfile)) {
    if (form === 'standalone' && rule === versionRule) continue;
    const written = (lines[line - 1] ?? '').slice(0, 100);
    world.progress.warn(`${own.join(' and ')} makes line ${line} of the Dockerfile '${written}': ${message} (${rule})`);
  }
}
