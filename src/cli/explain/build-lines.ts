import type { Project } from '../../core/project.js';
import type { Recipe } from '../../core/recipe.js';
import { formatValue, shown } from './fact-lines.js';
import { type Line, padTo, plain, quiet, strong, widthOf, wrapWords } from './screen.js';

/** What the page says beside the recipe. */
export interface BuildFacts {
  readonly recipe: Recipe;
  readonly platform: string;
  /** Where the Dockerfile's template is from. */
  readonly template: string;
  /** A Dockerfile of the project's own that makes the builder. */
  readonly builderDockerfile?: string;
  /** Where a digest was pinned: `.slipway/pins.json`; undefined where none is. */
  readonly pins?: string;
}

interface Row {
  readonly name: string;
  readonly value: string;
  /** What changes it. */
  readonly change: string;
}

/** Builder, steps, base, command, port, health, user, template: each with what changes it. */
export function buildLines(project: Project, build: BuildFacts, width: number): readonly Line[] {
  const rows = buildRows(project, build);
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const changeWidth = Math.max(...rows.map(({ change }) => widthOf(change)));
  const valueWidth = Math.min(
    Math.max(...rows.map(({ value }) => widthOf(value))),
    width - nameWidth - changeWidth - 6,
  );
  return rows.flatMap(({ name, value, change }): readonly Line[] => {
    if (change === '') return wrapped(name, nameWidth, value, width);
    const head = [plain('  '), strong(padTo(name, nameWidth)), plain('  ')];
    if (widthOf(value) <= valueWidth) return [[...head, plain(padTo(value, valueWidth)), quiet(`  ${change}`)]];
    const beside = width - nameWidth - 4 - widthOf(value) - widthOf(change) - 2;
    if (beside >= 0) return [[...head, plain(value), quiet(`  ${change}`)]];
    return [
      [...head, plain(value)],
      [plain(' '.repeat(nameWidth + 4)), quiet(change)],
    ];
  });
}

function wrapped(name: string, nameWidth: number, value: string, width: number): readonly Line[] {
  return wrapWords(value, width - nameWidth - 4).map((line, index) => [
    plain('  '),
    strong(padTo(index === 0 ? name : '', nameWidth)),
    plain(`  ${line}`),
  ]);
}

function buildRows(project: Project, build: BuildFacts): readonly Row[] {
  const { recipe } = build;
  const builder =
    build.builderDockerfile === undefined ? recipe.builder : `the image that ${build.builderDockerfile} makes`;
  const pinned = (image: string): string =>
    image.includes('@') && build.pins !== undefined ? `, pinned in ${build.pins}` : '';
  return [
    { name: 'builder', value: shortDigest(builder), change: `build.image${pinned(builder)}` },
    { name: 'steps', value: shown(recipe.steps.map(({ title }) => title).join(' → ')), change: '' },
    { name: 'base', value: shortDigest(recipe.base), change: `image.base${pinned(recipe.base)}` },
    { name: 'platform', value: build.platform, change: 'image.platform' },
    { name: 'start', value: formatValue(recipe.entrypoint), change: startSetting(project) },
    {
      name: 'port',
      value: recipe.probe === undefined ? 'not known: none is exposed' : String(recipe.probe.port),
      change: 'port',
    },
    { name: 'health', value: shown(health(recipe)), change: 'health' },
    { name: 'user', value: recipe.user, change: 'a template of your own' },
    { name: 'template', value: shown(build.template), change: 'templates' },
  ];
}

/** Enough of a digest to recognise it by. */
function shortDigest(image: string): string {
  return shown(image.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1…'));
}

function health(recipe: Recipe): string {
  if (recipe.probe === undefined) return 'not asked';
  const path = recipe.probe.path === undefined ? 'the port answers' : `GET ${recipe.probe.path}`;
  return recipe.healthcheck === undefined
    ? `${path} (no HEALTHCHECK: nothing in the image could ask)`
    : `${path}, as HEALTHCHECK`;
}

/** The settings by which kinds let a person choose what runs, the most direct first. */
const startNames = ['start', 'main', 'main-class', 'module', 'workspace', 'jar'];

function startSetting(project: Project): string {
  const keys = Object.keys(project.facts);
  return startNames.flatMap((name) => keys.filter((key) => key.endsWith(`.${name}`)))[0] ?? '';
}
