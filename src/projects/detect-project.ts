import { Failure } from '../core/failure.js';
import { sanitiseName } from '../core/image-name.js';
import type { ProjectKind } from '../core/kind.js';
import type { Detection, Hints, OtherKind, Project } from '../core/project.js';
import type { SourceTree } from '../core/source-tree.js';
import { findNestedProjects } from './nested-projects.js';

type Answer =
  | { readonly kind: string; readonly detection: Detection }
  | { readonly kind: string; readonly failure: Failure };

export interface DetectOptions {
  readonly hints: Hints;
  /** Ask this kind alone. */
  readonly kind?: string;
  /** The name a person chose. */
  readonly name?: string;
}

/**
 * Ask the kinds in order and settle on one. A primary claim wins over a secondary one; two equal claims are for a person
 * to choose between. A kind that recognised the tree but needs a choice counts as a primary claim.
 * Throws `detect.nothing-found`, `detect.ambiguous-kind`, `settings.invalid` for an unknown kind, and what the chosen kind throws.
 */
export function detectProject(tree: SourceTree, kinds: readonly ProjectKind[], options: DetectOptions): Project {
  const asked = options.kind === undefined ? kinds : [kindNamed(kinds, options.kind)];
  const answers = asked.flatMap((kind) => askKind(kind, tree, options.hints));
  const chosen = chooseAnswer(answers, asked, tree);
  if ('failure' in chosen) throw chosen.failure;
  return {
    kind: chosen.kind,
    name: projectName(options.name ?? chosen.detection.name, tree),
    facts: chosen.detection.facts,
    others: answers.filter((answer) => answer !== chosen).map(describeOther),
  };
}

/** Throws `settings.invalid` with the kinds there are. */
export function kindNamed(kinds: readonly ProjectKind[], name: string): ProjectKind {
  const kind = kinds.find((candidate) => candidate.name === name);
  if (kind) return kind;
  throw new Failure('settings.invalid', {
    message: `There is no kind '${name}'`,
    where: 'kind',
    remedy: 'Choose one of the kinds that Slipway knows.',
    candidates: kinds.map((candidate) => candidate.name),
  });
}

function askKind(kind: ProjectKind, tree: SourceTree, hints: Hints): readonly Answer[] {
  try {
    const detection = kind.detect(tree, hints);
    return detection ? [{ kind: kind.name, detection }] : [];
  } catch (error) {
    if (error instanceof Failure) return [{ kind: kind.name, failure: error }];
    throw error;
  }
}

function chooseAnswer(answers: readonly Answer[], asked: readonly ProjectKind[], tree: SourceTree): Answer {
  const primary = answers.filter((answer) => 'failure' in answer || answer.detection.claim === 'primary');
  const equal = withoutRepeated(primary.length > 0 ? primary : answers);
  const [only, ...rest] = equal;
  if (only === undefined) throw nothingFound(asked, tree);
  if (rest.length === 0) return only;
  throw new Failure('detect.ambiguous-kind', {
    message: `This tree is equally well ${equal.map((answer) => describeClaim(answer)).join(' and ')}`,
    where: tree.name,
    remedy: `Choose with --kind, or 'kind:' in slipway.yml; or run Slipway in the sub-directory of one of them.`,
    candidates: equal.map((answer) => answer.kind),
  });
}

/** Kinds that read the same files fail by the same file: choosing between them would help nobody. */
function withoutRepeated(answers: readonly Answer[]): readonly Answer[] {
  const same = (one: Answer, other: Answer): boolean =>
    'failure' in one &&
    'failure' in other &&
    one.failure.code === other.failure.code &&
    one.failure.where === other.failure.where &&
    one.failure.message === other.failure.message;
  return answers.filter(
    (answer, index) => answers.findIndex((other) => other === answer || same(other, answer)) === index,
  );
}

function nothingFound(asked: readonly ProjectKind[], tree: SourceTree): Failure {
  const looked = asked.map((kind) => `${kind.title} (${kind.manifests.join(', ')})`).join('; ');
  const inside = findNestedProjects(tree, asked);
  return new Failure('detect.nothing-found', {
    message: `No project found: looked for ${looked}`,
    where: tree.name,
    remedy:
      inside.length > 0
        ? 'Run Slipway in one of the directories below that hold a project.'
        : `Run Slipway in the project's root directory, or name it: slipway detect DIR.`,
    ...(inside.length > 0 && { candidates: inside }),
  });
}

function describeClaim(answer: Answer): string {
  return 'failure' in answer
    ? `${answer.kind} (${answer.failure.message})`
    : `${answer.kind} (${answer.detection.because.because})`;
}

function describeOther(answer: Answer): OtherKind {
  if ('failure' in answer) return { kind: answer.kind, because: answer.failure.message };
  const { file, because } = answer.detection.because;
  return { kind: answer.kind, ...(file !== undefined && { file }), because };
}

function projectName(name: string, tree: SourceTree): string {
  const sanitised = sanitiseName(name) ?? sanitiseName(tree.name);
  if (sanitised !== undefined) return sanitised;
  throw new Failure('detect.unreadable', {
    message: 'Nothing in this project gives a name that an image can have',
    where: tree.name,
    remedy: `Give it one: --name, or 'name:' in slipway.yml.`,
  });
}
