import type { CiFacts, CiName } from '../core/history.js';
import { readGitHub } from './ci-github.js';
import type { CiReading, Environment } from './ci-reading.js';
import {
  readAzure,
  readBitbucket,
  readCircleCi,
  readDrone,
  readGitLab,
  readJenkins,
  readWoodpecker,
} from './ci-services.js';
import { readTeamCity } from './ci-teamcity.js';

interface Service {
  readonly name: Exclude<CiName, 'none'>;
  /** Only variables that are the CI's own: Woodpecker reuses GitLab's `CI_COMMIT_*`. */
  readonly isHere: (environment: Environment) => boolean;
  readonly read: (environment: Environment) => CiReading;
}

const services: readonly Service[] = [
  { name: 'github', isHere: (has) => has.GITHUB_ACTIONS === 'true', read: readGitHub },
  { name: 'gitlab', isHere: (has) => has.GITLAB_CI === 'true', read: readGitLab },
  { name: 'azure', isHere: (has) => has.TF_BUILD?.toLowerCase() === 'true', read: readAzure },
  { name: 'bitbucket', isHere: (has) => isGiven(has.BITBUCKET_BUILD_NUMBER), read: readBitbucket },
  { name: 'circleci', isHere: (has) => has.CIRCLECI === 'true', read: readCircleCi },
  { name: 'woodpecker', isHere: (has) => has.CI === 'woodpecker', read: readWoodpecker },
  { name: 'drone', isHere: (has) => has.DRONE === 'true', read: readDrone },
  { name: 'teamcity', isHere: (has) => isGiven(has.TEAMCITY_VERSION), read: readTeamCity },
  { name: 'jenkins', isHere: (has) => isGiven(has.JENKINS_URL) || isGiven(has.JENKINS_HOME), read: readJenkins },
];

/**
 * What the CI says of this run. An empty variable is an absent one. Why no library does this:
 * docs/decisions/0008-ci-environments.md. The variables' references are named at each reader.
 */
export function readCiFacts(environment: Environment): CiFacts {
  const service = services.find(({ isHere }) => isHere(environment));
  return service === undefined ? { name: 'none' } : factsOf(service.name, service.read(environment));
}

/** A CI says of a repository that is not git's what is no commit id (a Subversion revision): that is not taken for one. */
function factsOf(name: CiName, reading: CiReading): CiFacts {
  const { fork, queued, ...texts } = reading;
  const given = Object.entries(texts).filter(
    ([key, value]) => isGiven(value) && (!/commit/i.test(key) || /^[0-9a-f]{7,64}$/.test(value)),
  );
  return { ...Object.fromEntries(given), ...(fork === true && { fork }), ...(queued === true && { queued }), name };
}

function isGiven(value: string | boolean | undefined): value is string {
  return typeof value === 'string' && value !== '';
}
