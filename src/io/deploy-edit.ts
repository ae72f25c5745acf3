import { Failure } from '../core/failure.js';
import type { TemplateIntent } from '../core/template-store.js';
import { templateName } from '../formats/template-syntax.js';

/** Which files of a directory can be templates. */
export const templatePattern = templateName;

/**
 * The text with the intent carried out. Throws `deploy.superseded` when the image is neither the one that the plan saw
 * nor already the new one, and `deploy.no-template` when the file is gone.
 */
export function carryOut(intent: TemplateIntent, text: string | undefined, where: string): string {
  if (text === undefined) throw missingTemplate(intent.path, where);
  const after = intent.rewrite(text);
  const now = intent.currentImage(text);
  if (after === text || now === intent.expectedImage) return after;
  throw new Failure('deploy.superseded', {
    message: `Somebody else changed ${intent.path} since the plan was made: it has ${now ?? 'no image'} where ${intent.expectedImage} was`,
    where: `${where}, ${intent.path}`,
    remedy: 'Plan and deploy again if this version is the one that shall run.',
  });
}

/** The commit's message: the subject, and trailers as git-interpret-trailers(1) reads them. Every value stays on one line. */
export function commitMessage(intent: TemplateIntent): string {
  const trailers = Object.entries(intent.trailers).map(([key, value]) => `${oneLine(key)}: ${oneLine(value)}`);
  return `${[oneLine(intent.subject), ...(trailers.length > 0 ? ['', ...trailers] : [])].join('\n')}\n`;
}

/** Throws `deploy.no-template`. */
export function missingTemplate(path: string, where: string): Failure {
  return new Failure('deploy.no-template', {
    message: `There is no ${path} in ${where}`,
    where: path,
    remedy: "Put the environment's templates there, or set the path of the environment.",
  });
}

/** A template's bytes as text, a BOM kept. Throws `deploy.template-invalid` for what could not be written back as it was. */
export function decodeTemplate(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Failure('deploy.template-invalid', { message: 'This template is not UTF-8 text', where: path, cause });
  }
}

/** Templates in the order in which they are shown. */
export function byPath(left: { readonly path: string }, right: { readonly path: string }): number {
  return left.path < right.path ? -1 : left.path > right.path ? 1 : 0;
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}
