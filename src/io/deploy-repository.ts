import type { TemplateSource } from '../core/plan.js';
import type { TemplateStore } from '../core/template-store.js';
import type { TemplateStoreOptions } from './deploy-options.js';
import { openProjectTemplates } from './deploy-project.js';
import { openRemoteTemplates } from './deploy-remote.js';

/**
 * Open the place of an environment's templates.
 *
 * In a repository of their own, a change is one commit, pushed; when the push is rejected, the change is made again on
 * what is there by then. In the project's own work tree the file is replaced in one step, and nothing is committed: that
 * commit is the developer's. Throws `deploy.repository` where the repository cannot be reached or written, and from
 * `apply` `deploy.superseded` where somebody set the image to another one meanwhile.
 */
export function openTemplateStore(source: TemplateSource, options: TemplateStoreOptions): Promise<TemplateStore> {
  return source.in === 'project'
    ? Promise.resolve(openProjectTemplates(options))
    : openRemoteTemplates(source, options);
}
