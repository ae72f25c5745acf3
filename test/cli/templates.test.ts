import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeWorkspace, slipway } from '../support/cli.js';
import { makeFixtureProject } from '../support/fixture-project.js';

const workspace = makeWorkspace();
const project = join(workspace.path, 'accounts');
afterAll(workspace.remove);

const template = `<% if (it.standalone) { -%>
<%- it.buildStage %>
<% } -%>
FROM <%= it.image.base %>
COPY <%= it.copyPrefix %>app /app
ENTRYPOINT /app
`;

beforeAll(() => {
  makeFixtureProject('go-accountservice', project, {
    tag: 'v1.2.3',
    files: {
      'slipway.yml': 'templates: "@company/templates"\n',
      '.gitignore': '',
      'node_modules/@company/templates/package.json': '{"slipway":{"templates":1}}',
      'node_modules/@company/templates/go/Dockerfile.ejs': template,
    },
  });
});

it("a company's template makes the Dockerfile, and what a reviewer would send back of it is told with its line", async () => {
  const { code, stdout, stderr } = await slipway(['preview', project]);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: 'FROM gcr.io/distroless/static-debian12:nonroot\nCOPY app /app\nENTRYPOINT /app\n',
  });
  expect(stderr).toContain('template: @company/templates/go/Dockerfile.ejs\n');
  expect(stderr).toMatch(/makes line 1 of the Dockerfile 'FROM .*': The final stage has no USER.* \(user-numeric\)/);
  expect(stderr).toMatch(/makes line 3 of the Dockerfile 'ENTRYPOINT \/app': Write it as a JSON list.* \(exec-form\)/);
});

it('the same is told of the standalone one, where only a build knows the version', async () => {
  const { stderr } = await slipway(['preview', project, '--standalone']);
  expect(stderr).toContain('(user-numeric)');
  expect(stderr).not.toContain('(labels)');
});

it('explain says which template it is', async () => {
  expect((await slipway(['explain', project])).stdout).toMatch(/template +@company\/templates\/go\/Dockerfile\.ejs/);
});

it('a stranger can be kept from bringing templates', async () => {
  const { stdout, stderr } = await slipway(['preview', project], { env: { SLIPWAY_TEMPLATES: 'none' } });
  expect(stdout).toContain('ENTRYPOINT ["/app"]');
  expect(stderr).not.toContain('template:');
});
