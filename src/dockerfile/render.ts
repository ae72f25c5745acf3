import ejs from 'ejs';
import { describeError, Failure } from '../core/failure.js';
import { makeBenign } from './benign.js';
import { parseDockerfile } from './parse.js';
import { printable, refuseHidden } from './quote.js';
import { differenceInShape } from './shape.js';
import { type DockerfileInput, type Form, makeTemplateData, type TemplateData } from './template-data.js';

/**
 * The Dockerfile that packs what the build left; its COPY sources are the outputs' `to`. Proved by parsing: its
 * instructions are those that the template writes for harmless data, so no value of the project added one. Ends with one
 * newline. Throws `detect.template` for a template that does not render, `detect.hostile` for a value that would change
 * what the Dockerfile does, `settings.invalid` for an impossible base or builder.
 */
export function renderRuntimeDockerfile(template: string, input: DockerfileInput): string {
  const where = input.templatePath ?? defaultPath;
  return renderProved(input, (it) =>
    renderText({ where, text: template }, makeTemplateData(it, { standalone: false })),
  );
}

/**
 * The multi-stage Dockerfile that builds from source with plain `docker build`, by the same template with the build
 * stage before it. Promises and throws what `renderRuntimeDockerfile` does.
 */
export function renderStandaloneDockerfile(template: string, buildStage: string, input: DockerfileInput): string {
  const where = input.templatePath ?? defaultPath;
  return renderProved(input, (it) => {
    const bare: Form = { standalone: true, buildStage: '' };
    const stage = renderText({ where: 'build-stage.ejs', text: buildStage }, makeTemplateData(it, bare)).trim();
    const data = makeTemplateData(it, { standalone: true, buildStage: `${stage}\n\n` });
    return renderText({ where, text: template }, data);
  });
}

const defaultPath = 'Dockerfile.ejs';

interface Template {
  readonly where: string;
  readonly text: string;
}

function renderProved(input: DockerfileInput, render: (input: DockerfileInput) => string): string {
  const where = input.templatePath ?? defaultPath;
  const actual = tidyLines(render(input));
  const difference = findDifference(where, actual, tidyLines(render(makeBenign(input))));
  if (difference === undefined) return actual;
  throw new Failure('detect.hostile', {
    message: `The Dockerfile would not be the one that its template describes: ${difference}`,
    where,
    remedy: 'In the template, write values with it.json(…) in exec forms and it.quote(…) in LABEL and ENV.',
  });
}

function findDifference(where: string, actual: string, benign: string): string | undefined {
  try {
    parseDockerfile(benign);
  } catch (error) {
    throw templateFailure(where, error);
  }
  try {
    return differenceInShape(actual, benign);
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

/** One newline at the end, at most one empty line in a row, no spaces at line ends. */
function tidyLines(text: string): string {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const trimmed = lines.map((line) => line.replace(/[ \t]+$/, '')).join('\n');
  return `${trimmed.replace(/\n{3,}/g, '\n\n').trim()}\n`;
}

function renderText(template: Template, it: TemplateData): string {
  try {
    return ejs.render(template.text, it, {
      strict: true,
      localsName: 'it',
      compileDebug: false,
      escape: (value: unknown) => writeValue(value, it),
      includer: refuseInclude,
    });
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw templateFailure(template.where, error);
  }
}

/** What `<%= … %>` prints: one line of text, never nothing. The build stage alone has lines of its own. */
function writeValue(value: unknown, it: TemplateData): string {
  if (typeof value === 'string' && value === it.buildStage) return value;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    refuseHidden(String(value));
    return String(value);
  }
  throw new Error(`a value to print is ${printable(value)}`);
}

function refuseInclude(): never {
  throw new Error('a template cannot include files');
}

function templateFailure(where: string, error: unknown): Failure {
  return new Failure('detect.template', {
    message: `The template does not make a Dockerfile: ${describeError(error)}`,
    where,
    remedy:
      'See the data that templates get (it.…) in the documentation, or remove the template to use the built-in one.',
    cause: error,
  });
}
