import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { describeError, errorCode, Failure } from '../../core/failure.js';
import { parseImageReference } from '../../core/image-name.js';
import type {
  RewrittenTemplate,
  TemplateChange,
  TemplateEdit,
  TemplateFormat,
  TemplateService,
} from '../../core/target.js';
import { matchServices } from '../../core/template-services.js';
import { decodeTemplate } from '../../io/deploy-edit.js';
import { replaceFile } from '../../io/replace-file.js';
import { templateFormats } from '../../targets/index.js';
import { isSecretName, maskSecrets } from '../explain/mask.js';
import type { RewriteOptions } from '../program-rewrite.js';
import type { CommandResult } from '../result.js';
import { formatTemplateDiff } from '../template-diff.js';
import { findDefinitions } from '../variable-definitions.js';
import type { World } from '../world.js';

/** `slipway rewrite`: one service of one template gets its image and other values; nothing else changes, or nothing is done. */
export async function runRewrite(world: World): Promise<CommandResult> {
  const options: RewriteOptions = world.options;
  const file = options.file ?? '-';
  const edits = editsOf(options);
  if (options.write && file === '-')
    throw usage('Standard input cannot be written back', 'Leave --write out: the new text is printed.');
  const before = await readTemplate(file);
  const { format, services } = recognise(file, before, options.format);
  const service = chooseService(file, services, options);
  const rewritten = rewrite(format, file, before, service, edits);
  for (const change of rewritten.changes) world.progress.info(describeChange(file, change));
  if (rewritten.changes.length === 0) world.progress.info(`${file}: '${service}' has all of it already`);
  if (options.write && rewritten.text !== before) await replaceFile(resolve(file), rewritten.text);
  return {
    text: await shown(world, options, file, before, rewritten),
    json: { format: 1, file, target: format.name, service, changes: rewritten.changes, text: rewritten.text },
  };
}

async function shown(
  world: World,
  options: RewriteOptions,
  file: string,
  before: string,
  { text }: RewrittenTemplate,
): Promise<string> {
  if (options.write) return '';
  return options.diff ? formatTemplateDiff(file === '-' ? 'template' : file, before, text, world.screen) : text;
}

/** Throws `settings.usage` where nothing is to be set, or something is no `PATH=VALUE`. */
function editsOf(options: RewriteOptions): readonly TemplateEdit[] {
  const image = options.image === undefined ? [] : [{ path: 'image', value: options.image }];
  const edits = [...image, ...(options.set ?? []).map(parseEdit)];
  if (edits.length === 0)
    throw usage('Nothing is to be set', 'Name the new image with --image, or a value with --set.');
  const twice = edits.find(({ path }, index) => edits.findIndex((each) => each.path === path) !== index);
  if (twice !== undefined) throw usage(`'${twice.path}' is set twice`, 'Set it once.');
  return edits;
}

function parseEdit(written: string): TemplateEdit {
  const [, path, value] = /^((?:\["(?:[^"\\]|\\.)*"\]|\['[^']*'\]|[^=])+?)=(.*)$/s.exec(written) ?? [];
  if (path !== undefined && value !== undefined) return { path, value };
  throw usage(`--set ${written} has no value`, 'Write a path, an equals sign and the value: --set instances=3');
}

async function readTemplate(file: string): Promise<string> {
  try {
    return decodeTemplate(file, file === '-' ? await readInput() : readFileSync(resolve(file)));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('deploy.no-template', {
      message:
        errorCode(error) === 'EISDIR' ? 'This is a directory' : `The template cannot be read: ${describeError(error)}`,
      where: file,
      remedy: 'Name a template, or - for standard input.',
      cause: error,
    });
  }
}

async function readInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

interface Recognised {
  readonly format: TemplateFormat;
  readonly services: readonly TemplateService[];
}

/** Throws `deploy.no-template` for a file that no target knows, `settings.usage` for a format that there is none of. */
function recognise(file: string, text: string, name: string | undefined): Recognised {
  const names = templateFormats.map((format) => format.name).sort();
  const usable = name === undefined ? templateFormats : templateFormats.filter((format) => format.name === name);
  if (usable.length === 0)
    throw usage(`There is no format '${name}'`, 'Choose one of the formats that Slipway knows.', names);
  for (const format of usable) {
    const services = format.read(file, text, name !== undefined);
    if (services !== undefined) return { format, services };
  }
  throw new Failure('deploy.no-template', {
    message: name === undefined ? 'This is no deploy template that Slipway knows' : `This is no template of '${name}'`,
    where: file,
    remedy:
      'Name what it is with --format; Helm values are told by their file name (values*.yaml) or by --format helm.',
    candidates: names,
  });
}

/** What `--service` says; else the one service that runs an image of the same repository, else the only one there is. */
function chooseService(file: string, services: readonly TemplateService[], options: RewriteOptions): string {
  if (options.service !== undefined) return options.service;
  const repository = options.image === undefined ? undefined : parseImageReference(options.image).repository;
  const found = repository === undefined ? services : matchServices(services, { repository });
  const [only, second] = found;
  if (only !== undefined && second === undefined) return only.id;
  const candidates = (only === undefined ? services : found).map(
    ({ id, line, image, written }) => `${id} (${file}:${line}, image ${image ?? written ?? 'none'})`,
  );
  const what = repository === undefined ? 'is there' : `runs the image ${repository}`;
  throw new Failure(only === undefined ? 'deploy.no-match' : 'deploy.ambiguous-match', {
    message:
      only === undefined
        ? `No service in this file ${what}`
        : `${found.length} services in this file match: each ${what}`,
    where: file,
    remedy: 'Name the one that is meant: --service ID.',
    candidates,
  });
}

/** A value that is filled in is told with where that is done, as far as the files beside the template say so. */
function rewrite(
  format: TemplateFormat,
  file: string,
  text: string,
  service: string,
  edits: readonly TemplateEdit[],
): RewrittenTemplate {
  try {
    return format.rewrite(file, text, service, edits);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'deploy.template-invalid' || file === '-') throw error;
    const defined = findDefinitions(dirname(resolve(file)), basename(file), error.message);
    if (defined.length === 0) throw error;
    throw new Failure(error.code, {
      message: error.message,
      ...(error.where !== undefined && { where: error.where }),
      remedy: `Set it where it is defined: ${defined.join(', ')}.`,
      cause: error,
    });
  }
}

function describeChange(file: string, { path, line, before, after }: TemplateChange): string {
  const show = (text: string): string => (isSecretName(path) ? '***' : maskSecrets(text.replace(/\s+/g, ' ')));
  return `${file}:${line}  ${path}  ${before === undefined ? 'added' : `${show(before)} →`} ${show(after)}`;
}

function usage(message: string, remedy: string, candidates?: readonly string[]): Failure {
  return new Failure('settings.usage', { message, remedy, ...(candidates && { candidates }) });
}
