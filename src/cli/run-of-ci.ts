/** The CI run that this process belongs to, as a URL where the CI has one; undefined outside of a CI, or where it says nothing. */
export function runOfCi(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = environment;
  if (environment.GITHUB_ACTIONS === 'true' && GITHUB_SERVER_URL && GITHUB_REPOSITORY && GITHUB_RUN_ID) {
    return `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
  }
  const urls = ['CI_JOB_URL', 'BUILD_URL', 'CIRCLE_BUILD_URL', 'DRONE_BUILD_LINK', 'CI_PIPELINE_URL'];
  const url = urls.map((name) => environment[name]).find((value) => value !== undefined && /^https?:\/\//.test(value));
  return url === undefined ? undefined : url.replace(/\/\/[^/@]*@/, '//');
}
