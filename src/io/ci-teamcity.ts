import { readFileSync } from 'node:fs';
import { parseProperties } from '../formats/properties.js';
import { afterPrefix, type CiReading, type Environment } from './ci-reading.js';

/**
 * TeamCity, "Predefined build parameters" and "Pull requests". The environment has number and commit; branch and pull request
 * are configuration parameters, in a file that the build properties' file names. A branch may be there by its full ref, by
 * the name of the branch specification, or as `<default>`.
 */
export function readTeamCity(environment: Environment): CiReading {
  const build = readParameters(environment.TEAMCITY_BUILD_PROPERTIES_FILE);
  const parameters = readParameters(build.get('teamcity.configuration.properties.file'));
  const branch = parameters.get('teamcity.build.branch') ?? build.get('teamcity.build.branch') ?? '';
  const pullRequest =
    parameters.get('teamcity.pullRequest.number') ?? /^(?:refs\/)?(?:pull|merge-requests)\/(\d+)/.exec(branch)?.[1];
  const named = branch === '<default>' ? parameters.get('teamcity.build.vcs.branch') : branch;
  return {
    branch: pullRequest
      ? parameters.get('teamcity.pullRequest.source.branch')
      : isTag(named)
        ? undefined
        : (afterPrefix('refs/heads/', named) ?? named),
    tag: afterPrefix('refs/tags/', named),
    pullRequest,
    runNumber: environment.BUILD_NUMBER,
    commit: environment.BUILD_VCS_NUMBER,
  };
}

function isTag(ref: string | undefined): boolean {
  return ref?.startsWith('refs/tags/') === true;
}

/** Empty where the file is not there, or cannot be read. */
function readParameters(path: string | undefined): ReadonlyMap<string, string> {
  if (!path) return new Map();
  try {
    return new Map(parseProperties(readFileSync(path, 'utf8')).map(({ key, value }) => [key, value]));
  } catch {
    return new Map();
  }
}
