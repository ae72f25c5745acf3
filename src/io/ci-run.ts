import type { BuildRun } from '../core/plan.js';
import type { Environment } from './ci-reading.js';
import { publicUrl } from './public-url.js';

/** A CI's own addresses of what builds, and of the one run of it: where a person can see how an image came to be. */
interface RunAddresses {
  readonly builder?: string;
  readonly invocation?: string;
}

const services: readonly {
  readonly isHere: (has: Environment) => boolean;
  readonly read: (has: Environment) => RunAddresses;
}[] = [
  // https://docs.github.com/en/actions/reference/workflows-and-actions/variables
  {
    isHere: (has) => has.GITHUB_ACTIONS === 'true',
    read: (has) => ({
      builder: join(has.GITHUB_SERVER_URL, has.GITHUB_WORKFLOW_REF),
      invocation: join(
        has.GITHUB_SERVER_URL,
        has.GITHUB_REPOSITORY,
        'actions/runs',
        has.GITHUB_RUN_ID,
        'attempts',
        has.GITHUB_RUN_ATTEMPT,
      ),
    }),
  },
  // https://docs.gitlab.com/ci/variables/predefined_variables/
  {
    isHere: (has) => has.GITLAB_CI === 'true',
    read: (has) => ({ builder: join(has.CI_PROJECT_URL, '-/runners', has.CI_RUNNER_ID), invocation: has.CI_JOB_URL }),
  },
  // https://learn.microsoft.com/azure/devops/pipelines/build/variables
  {
    isHere: (has) => has.TF_BUILD?.toLowerCase() === 'true',
    read: (has) => {
      const project = join(has.SYSTEM_COLLECTIONURI, encodeURIComponent(has.SYSTEM_TEAMPROJECT ?? ''));
      return { builder: join(project, '_build'), invocation: join(project, '_apis/build/builds', has.BUILD_BUILDID) };
    },
  },
  // https://circleci.com/docs/variables/
  { isHere: (has) => has.CIRCLECI === 'true', read: (has) => ({ invocation: has.CIRCLE_BUILD_URL }) },
  // https://woodpecker-ci.org/docs/usage/environment
  {
    isHere: (has) => has.CI === 'woodpecker',
    read: (has) => ({ builder: has.CI_REPO_URL, invocation: has.CI_PIPELINE_URL }),
  },
  // https://docs.drone.io/pipeline/environment/reference/
  {
    isHere: (has) => has.DRONE === 'true',
    read: (has) => ({ builder: has.DRONE_REPO_LINK, invocation: has.DRONE_BUILD_LINK }),
  },
  // https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables
  { isHere: (has) => Boolean(has.JENKINS_URL), read: (has) => ({ builder: has.JOB_URL, invocation: has.BUILD_URL }) },
];

/** Who runs this build, as its provenance names it. An address that a CI does not give, or that is none, is left out. */
export function readBuildRun(environment: Environment, slipway: string): BuildRun {
  const service = services.find(({ isHere }) => isHere(environment));
  const { builder, invocation } = service?.read(environment) ?? {};
  const run = addressOf(invocation);
  return {
    builder: addressOf(builder) ?? (service ? 'urn:slipway:builder:ci' : 'urn:slipway:builder:local'),
    ...(run !== undefined && { invocation: run }),
    slipway,
  };
}

/** Undefined where a part is not given. */
function join(...parts: readonly (string | undefined)[]): string | undefined {
  if (parts.some((part) => part === undefined || part === '')) return undefined;
  return parts.map((part) => part?.replace(/^\/+|\/+$/g, '')).join('/');
}

/** Only what is safe to show to anybody. */
function addressOf(address: string | undefined): string | undefined {
  return address !== undefined && /^https?:\/\//.test(address) ? publicUrl(address) : undefined;
}
