import { Failure } from '../core/failure.js';
import type { CiFacts, GitFacts } from '../core/history.js';
import {
  type VersionPart,
  versionParts,
  versionTemplateExpects,
  versionTemplatePattern,
} from '../core/version-template.js';
import { branchIdentifier, runIdentifier } from './identifiers.js';
import type { VersionRules } from './rules.js';
import type { Upcoming } from './upcoming.js';

/** What a template is filled with. The upcoming version is asked for only where a part needs it: it needs history. */
export interface TemplateFacts {
  readonly git: GitFacts;
  readonly ci: CiFacts;
  readonly rules: VersionRules;
  /** The branch's own name, or `pr-15`. */
  readonly branch: string;
  readonly upcoming: () => Upcoming;
}

/** A template with its parts filled in. Throws `settings.invalid` for what is no template, `detect.no-history` where a part has no value here. */
export function fillTemplate(template: string, facts: TemplateFacts): string {
  if (!versionTemplatePattern.test(template)) {
    throw new Failure('settings.invalid', {
      message: `'${template.slice(0, 120)}' is not a template of a version`,
      where: 'version.template',
      remedy: `It must be ${versionTemplateExpects}.`,
    });
  }
  // Only what names a commit keeps two branches apart whose names look alike as identifiers.
  const apart = !/\{(commit|sha|run)\}/.test(template);
  return template.replace(/\{([a-z]+)\}/g, (_match, part: VersionPart) => partOf(part, facts, apart));
}

function partOf(part: VersionPart, facts: TemplateFacts, apart: boolean): string {
  const value = valueOfPart(part, facts, apart);
  if (value !== undefined && value !== '') return value;
  throw new Failure('detect.no-history', {
    message: `The template of the version asks for {${part}} (${versionParts[part]}), and there is none here`,
    where: 'version.template',
    remedy: 'Take it out of the template, or run where it is known.',
  });
}

function valueOfPart(part: VersionPart, { git, ci, rules, branch, upcoming }: TemplateFacts, apart: boolean) {
  switch (part) {
    case 'base':
      return upcoming().version;
    case 'major':
      return numbersOf(upcoming())[0];
    case 'minor':
      return numbersOf(upcoming())[1];
    case 'patch':
      return numbersOf(upcoming())[2];
    case 'branch':
      return branchIdentifier(branch, apart);
    case 'distance':
      return upcoming() && String(git.distance);
    case 'commit':
      return git.revision && `g${git.revision.slice(0, 7)}`;
    case 'sha':
      return git.revision;
    case 'date':
      return digitsOf(git.committedAt).slice(0, 8);
    case 'time':
      return digitsOf(git.committedAt).slice(8);
    case 'run':
      return ci.runNumber && runIdentifier(ci.runNumber);
    case 'file':
      return rules.stated?.version;
  }
}

function numbersOf(upcoming: Upcoming): readonly string[] {
  return upcoming.version.split(/[-+]/, 1)[0]?.split('.') ?? [];
}

/** `20240203020506` of `2024-02-03T02:05:06Z`; empty where there is no time. */
export function digitsOf(time: string | undefined): string {
  return (time ?? '').replace(/\D/g, '');
}
