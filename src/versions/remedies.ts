import type { CiName } from '../core/history.js';

interface Remedy {
  /** How the whole history is had. */
  readonly history: string;
  /** How all tags are had, where that is another matter. */
  readonly tags?: string;
  /** How a job has the repository at all. */
  readonly clone?: string;
}

/** Sources: each CI's own reference of its checkout step or clone settings. */
const remedies: Readonly<Record<CiName, Remedy>> = {
  github: {
    history: 'Give actions/checkout `fetch-depth: 0`.',
    clone:
      'Run actions/checkout in this job; without git in its container it downloads an archive: install git before it.',
  },
  gitlab: {
    history: "Set `GIT_DEPTH: '0'` in the job's variables.",
    clone: 'Do not set GIT_STRATEGY to none or empty for this job, and have git in its image.',
  },
  jenkins: {
    history:
      'In the checkout, switch off the shallow clone, and fetch tags (trait "Discover tags", or the "Advanced clone behaviours").',
    tags: 'Add the trait "Discover tags" to the branch source, or the behaviour "Advanced clone behaviours" with "Fetch tags".',
    clone: 'Run `checkout scm` in this node before Slipway.',
  },
  azure: {
    history: 'Write the checkout step out: `checkout: self` with `fetchDepth: 0` and `fetchTags: true`.',
    clone: 'Do not write `checkout: none` for this job.',
  },
  bitbucket: {
    history: 'Set `clone: depth: full` in bitbucket-pipelines.yml.',
    clone: 'Do not set `clone: enabled: false` for this step.',
  },
  circleci: {
    history: 'Use the step `checkout` with `method: full`, or run `git fetch --unshallow --tags` after it.',
    clone: 'Run the step `checkout` first.',
  },
  drone: {
    history: 'Take `depth` out of `clone:` in .drone.yml, and run `git fetch --tags` in a step.',
    tags: 'Run `git fetch --tags` in a step before: the clone step fetches one branch.',
    clone: 'Do not set `clone: disable: true`.',
  },
  woodpecker: {
    history: 'Give the clone plugin `partial: false`, `depth: 0` and `tags: true`.',
    tags: 'Give the clone plugin `tags: true`.',
    clone: 'Do not set `skip_clone: true`.',
  },
  teamcity: {
    history: 'Set the checkout policy of the VCS root to one without shallow clones, with checkout on the agent.',
    tags: 'Check out on the agent, and run `git fetch --tags` in a step before.',
    clone: 'Check out on the agent: a checkout on the server brings no repository.',
  },
  none: {
    history: 'Run `git fetch --unshallow --tags`.',
    tags: 'Run `git fetch --tags`.',
    clone: 'Run Slipway in a clone of the repository.',
  },
};

/** What to do for a clone without its whole history, in the words of the CI. One or two sentences. */
export function historyRemedy(ci: CiName): string {
  return `${remedies[ci].history} Or let Slipway fetch what is missing: --deepen.`;
}

/** The same where Slipway could not fetch it either. */
export function wholeCloneRemedy(ci: CiName): string {
  return `See that git can fetch here without a question, or clone the whole history: ${remedies[ci].history}`;
}

/** What to do for a clone without its tags. */
export function tagsRemedy(ci: CiName): string {
  return `${remedies[ci].tags ?? remedies[ci].history} Or let Slipway fetch what is missing: --deepen.`;
}

/** What to do for a job that has no repository. */
export function cloneRemedy(ci: CiName): string {
  return remedies[ci].clone ?? 'Run Slipway in a clone of the repository.';
}
