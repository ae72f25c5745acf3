import type { Failure } from '../../core/failure.js';
import type { Project } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { type BuildFacts, buildLines } from './build-lines.js';
import { type Detail, factLines, shown } from './fact-lines.js';
import { type Line, plain, quiet, renderLines, type Screen, strong, warning, wrapWords } from './screen.js';

/** What a page tells: the project, and what would be built of it or why it cannot be. */
export interface Explanation {
  readonly project: Project;
  readonly tree: SourceTree;
  readonly build: BuildFacts | Failure;
  /** Whether a fact's key is a setting. */
  readonly isSetting: (key: string) => boolean;
}

/** One screen. */
const mostLines = 40;

/** From the most that can be said of each fact to the least. */
const details: readonly Detail[] = [
  { rejected: 3, quotes: true },
  { rejected: 1, quotes: true },
  { rejected: 1, quotes: false },
  { rejected: 0, quotes: false },
];

/** What the project is, why, what was not used, what will be built, and what changes it: on one screen where that can be. */
export function formatPage(explanation: Explanation, screen: Screen): string {
  const pages = details.map((detail) => pageLines(explanation, detail, screen));
  const fitting = pages.find((lines) => lines.length <= mostLines) ?? pages.at(-1) ?? [];
  return renderLines(fitting, screen);
}

function pageLines({ project, tree, build, isSetting }: Explanation, detail: Detail, screen: Screen): readonly Line[] {
  const facts = Object.entries(project.facts);
  const others = project.others.map(
    ({ kind, file, because }): Line => [
      warning(`Also seen, not used: ${kind}`),
      quiet(`  ${shown(file === undefined || because.startsWith(file) ? because : `${file}: ${because}`)}`),
    ],
  );
  return [
    [strong(project.name), plain(` is a ${project.kind} project`)],
    ...others,
    [],
    [plain('What it is, and why')],
    ...factLines(facts, tree, isSetting, detail, screen.width),
    [],
    ...('recipe' in build ? [...builtLines(project, build, screen), []] : refusedLines(build, screen)),
    ...footer(facts.map(([key]) => key).find(isSetting) ?? 'port').map((line): Line => [quiet(line)]),
  ];
}

function builtLines(project: Project, build: BuildFacts, screen: Screen): readonly Line[] {
  return [
    [plain('What will be built'), quiet(', and the setting that changes it')],
    ...buildLines(project, build, screen.width),
  ];
}

function refusedLines(failure: Failure, screen: Screen): readonly Line[] {
  const texts = [
    `Nothing can be built of it: ${failure.message}`,
    ...(failure.remedy === undefined ? [] : [failure.remedy]),
  ];
  return [...texts.flatMap((text) => wrapWords(shown(text), screen.width).map((line): Line => [warning(line)])), []];
}

function footer(key: string): readonly string[] {
  return [
    `Change one with --set ${key}=…, or in slipway.yml.`,
    `All about one: slipway explain ${key}. The Dockerfile: slipway preview.`,
  ];
}
