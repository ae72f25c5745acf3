import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { lintDockerfile } from '../../src/dockerfile/index.js';
import { renderRuntimeDockerfile, renderStandaloneDockerfile } from '../../src/dockerfile/render.js';
import { readFixtures, recipeOfFixture } from '../support/fixtures.js';

const docs = readFileSync('docs/templates.md', 'utf8');

/** Members of an interface in a source file, those of nested objects and of interfaces of ours with their path. */
function membersOf(file: string, name: string, prefix: string): readonly string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const declared = source.statements.find(
    (statement): statement is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  );
  if (declared === undefined) throw new Error(`${file} has no interface ${name}`);
  return declared.members.flatMap((member) => describeMember(member, prefix));
}

function describeMember(member: ts.TypeElement, prefix: string): readonly string[] {
  const path = `${prefix}${member.name?.getText() ?? ''}`;
  if (ts.isMethodSignature(member))
    return [`${path}(${member.parameters.map(({ name }) => name.getText()).join(', ')})`];
  if (!ts.isPropertySignature(member) || member.type === undefined) return [path];
  if (ts.isTypeLiteralNode(member.type))
    return member.type.members.flatMap((inner) => describeMember(inner, `${path}.`));
  if (member.type.getText() === 'BuildStageData')
    return membersOf('src/dockerfile/build-stage-data.ts', 'BuildStageData', `${path}.`);
  return [path];
}

it('the table has every field that a template gets, and no other', () => {
  const fields = [...docs.matchAll(/^\| `(it\.[^`]+)` \|/gm)].map((match) => match[1]);
  expect(fields).toEqual(membersOf('src/dockerfile/template-data.ts', 'TemplateData', 'it.'));
});

it('the smallest override renders in both forms, and our linter has nothing to say about it', async () => {
  const [, override = ''] = /\n```\n(<% if[\s\S]*?)```/.exec(docs) ?? [];
  const fixture = readFixtures().find(({ name }) => name === 'go-accountservice') ?? expect.fail();
  const labels = { 'org.opencontainers.image.title': 'a', 'org.opencontainers.image.version': '1' };
  const project = { kind: 'go', name: 'a', facts: {} };
  const input = { project, recipe: await recipeOfFixture(fixture), labels };
  const stage = readFileSync('templates/common/build-stage.ejs', 'utf8');
  expect(lintDockerfile(renderRuntimeDockerfile(override, input))).toEqual([]);
  expect(lintDockerfile(renderStandaloneDockerfile(override, stage, input))).toEqual([]);
});
