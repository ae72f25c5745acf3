import { Failure } from '../core/failure.js';
import type { TemplateEdit, TemplateFile } from './deploy-repository.js';

/** Which files of a directory can be templates. */
export const templatePattern = /\.(?:ya?ml|jsonc?)$/i;

/**
 * Make every edit on the texts there are. Throws `deploy.superseded` when an edit's value is neither what was seen
 * (`seen`, or the edit's own `expected`) nor what it would become, and `deploy.no-template` for a file that is gone.
 */
export function applyEdits(
  edits: readonly TemplateEdit[],
  read: (path: string) => string | undefined,
  seen: Map<TemplateEdit, string | undefined>,
  where: string,
): readonly TemplateFile[] {
  const texts = new Map<string, string>();
  for (const edit of edits) {
    const text = texts.get(edit.path) ?? read(edit.path);
    if (text === undefined) throw missingTemplate(edit.path, where);
    const after = edit.apply(text);
    refuseSuperseded(edit, text, after, seen, where);
    texts.set(edit.path, after);
  }
  return [...texts].map(([path, text]) => ({ path, text }));
}

function refuseSuperseded(
  edit: TemplateEdit,
  text: string,
  after: string,
  seen: Map<TemplateEdit, string | undefined>,
  where: string,
): void {
  const now = edit.valueOf(text);
  const before = seen.has(edit) ? seen.get(edit) : (edit.expected ?? now);
  seen.set(edit, before);
  if (now === before || after === text) return;
  throw new Failure('deploy.superseded', {
    message: `Somebody else changed ${edit.path} meanwhile: it has ${now ?? 'nothing'} where ${before ?? 'nothing'} was`,
    where: `${where}, ${edit.path}`,
    remedy: 'Plan and deploy again if this version is the one that shall run.',
  });
}

function missingTemplate(path: string, where: string): Failure {
  return new Failure('deploy.no-template', {
    message: `The template ${path} is not there`,
    where: `${where}, ${path}`,
    remedy: 'Plan again: it was there when the deployment was planned.',
  });
}

/** A template's bytes as text. Throws `deploy.template-invalid` for what is not UTF-8 and could not be written back as it was. */
export function decodeTemplate(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Failure('deploy.template-invalid', { message: 'This template is not UTF-8 text', where: path, cause });
  }
}
