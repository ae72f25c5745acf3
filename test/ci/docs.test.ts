import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

const guide = readFileSync('docs/ci.md', 'utf8');
const action = parse(readFileSync('action.yml', 'utf8')) as Action;
const template = parse(readFileSync('ci/gitlab/slipway.gitlab-ci.yml', 'utf8')) as Readonly<Record<string, Job>>;
const step = readFileSync('ci/jenkins/vars/slipway.groovy', 'utf8');

interface Action {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: readonly string[];
  readonly script?: readonly string[];
}

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly WorkflowStep[] }>>;
}

interface WorkflowStep {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

/** The guide's code blocks of a language. */
function blocks(language: string): readonly string[] {
  return [...guide.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, name, text]) =>
    name === language && text !== undefined ? [text] : [],
  );
}

test('every YAML block of the guide parses without a warning', () => {
  const problems = blocks('yaml').flatMap((text) =>
    parseAllDocuments(text).flatMap((document) => [...document.errors, ...document.warnings]),
  );
  expect([blocks('yaml').length, problems]).toEqual([3, []]);
});

test('the workflow uses inputs and outputs that the action has', () => {
  const [workflow = ''] = blocks('yaml');
  const { jobs } = parse(workflow) as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  const used = steps
    .filter((one) => one.uses?.startsWith('OWNER/slipway@'))
    .flatMap((one) => Object.keys(one.with ?? {}));
  const read = [...workflow.matchAll(/steps\.slipway\.outputs\.(\w+)/g)].map(([, name]) => name ?? '');
  expect([used.length, used.filter((name) => !(name in action.inputs))]).toEqual([4, []]);
  expect([read, read.filter((name) => !(name in action.outputs))]).toEqual([['image'], []]);
});

test('the guide’s table of outputs is the action’s', () => {
  const section = guide.slice(guide.indexOf('| output |'), guide.indexOf('A runner drops'));
  expect([...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)).toEqual(Object.keys(action.outputs));
});

test('the GitLab jobs that the guide names are in the template', () => {
  const named = [...guide.matchAll(/slipway:(?:preview|ship|plan|build|push|deploy)/g)].map(([name]) => name);
  expect([named.length > 0, named.filter((name) => !(name in template))]).toEqual([true, []]);
});

test('in GitLab every job needs only jobs that there are, and has a script', () => {
  const jobs = Object.entries(template).filter(([name]) => name.startsWith('slipway:'));
  const missing = jobs.flatMap(([, job]) => (job.needs ?? []).filter((name) => !(name in template)));
  expect([jobs.length, missing, jobs.filter(([, job]) => job.script === undefined)]).toEqual([6, [], []]);
});

test('the Jenkins options that the guide uses are read by the step', () => {
  const used = blocks('groovy').flatMap((text) => [...text.matchAll(/(\w+): (?=['[])/g)].map(([, name]) => name ?? ''));
  expect([used, used.filter((name) => !step.includes(`options.${name}`))]).toEqual([
    ['registry', 'credentialsId', 'args'],
    [],
  ]);
});

test('the Jenkins step gives no secret to Groovy: shells read them from the environment', () => {
  expect([...step.matchAll(/\$\{?[A-Z_]*(?:USER|PASSWORD)/g)].map(([text]) => text)).toEqual([]);
});
