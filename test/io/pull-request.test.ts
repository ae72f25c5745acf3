import { describe, expect, it } from 'vitest';
import { proposePullRequest } from '../../src/io/pull-request.js';

describe('the way to open a pull request', () => {
  const branch = 'slipway/prod/web-1.2.0+x';
  const from = 'slipway%2Fprod%2Fweb-1.2.0%2Bx';
  const ends = `--source-branch ${branch} --target-branch main`;
  it.each([
    [
      'git@github.com:team/deploy.git',
      `https://github.com/team/deploy/compare/main...${from}?expand=1`,
      `gh pr create --repo team/deploy --base main --head ${branch} --fill`,
    ],
    [
      'https://github.example.com/team/deploy',
      `https://github.example.com/team/deploy/compare/main...${from}?expand=1`,
      `gh pr create --repo github.example.com/team/deploy --base main --head ${branch} --fill`,
    ],
    [
      'ssh://git@gitlab.example.com:2222/group/sub/deploy.git',
      `https://gitlab.example.com/group/sub/deploy/-/merge_requests/new?merge_request%5Bsource_branch%5D=${from}&merge_request%5Btarget_branch%5D=main`,
      `glab mr create --repo https://gitlab.example.com/group/sub/deploy ${ends} --fill`,
    ],
    [
      'git@bitbucket.org:team/deploy.git',
      `https://bitbucket.org/team/deploy/pull-requests/new?source=${from}&dest=main`,
      undefined,
    ],
    [
      'git@ssh.dev.azure.com:v3/org/My%20Project/deploy',
      `https://dev.azure.com/org/My%20Project/_git/deploy/pullrequestcreate?sourceRef=${from}&targetRef=main`,
      `az repos pr create --org https://dev.azure.com/org -p 'My Project' -r deploy ${ends}`,
    ],
    [
      'https://dev.azure.com/org/project/_git/deploy',
      `https://dev.azure.com/org/project/_git/deploy/pullrequestcreate?sourceRef=${from}&targetRef=main`,
      `az repos pr create --org https://dev.azure.com/org -p project -r deploy ${ends}`,
    ],
    [
      'https://org.visualstudio.com/project/_git/deploy',
      `https://dev.azure.com/org/project/_git/deploy/pullrequestcreate?sourceRef=${from}&targetRef=main`,
      `az repos pr create --org https://dev.azure.com/org -p project -r deploy ${ends}`,
    ],
    ['https://codeberg.org/team/deploy.git', `https://codeberg.org/team/deploy/compare/main...${from}`, undefined],
    ['https://git.example.com/team/deploy.git', undefined, undefined],
    ['https://github.evil.example/%E0%A4%A/deploy', expect.stringContaining('%25E0'), expect.any(String)],
    ['/srv/git/deploy.git', undefined, undefined],
    ['file:///srv/git/github.com/deploy.git', undefined, undefined],
  ])('of %s', (remote, url, command) => {
    const { url: foundUrl, command: foundCommand, ...rest } = proposePullRequest(remote, branch, 'main');
    expect([foundUrl, foundCommand, rest]).toEqual([url, command, { branch, into: 'main' }]);
  });

  it('never shows a password, and leaves nothing for a shell to run', () => {
    const { url, command } = proposePullRequest('https://me:s3cret@github.com/a;b/$(c).git', branch, 'main');
    expect(url).not.toContain('s3cret');
    expect(command).toContain("--repo 'a;b/$(c)'");
  });
});
