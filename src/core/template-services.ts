import { tryParseImageReference } from './image-name.js';
import type { TemplateService } from './target.js';

/**
 * The services that are meant: by id, else by another name that they answer to; without either those that run an image of the
 * repository. Of several containers of one name, the one that runs an image of the repository. One is what a caller wants; none and
 * several are for it to refuse.
 */
export function matchServices<T extends TemplateService>(
  services: readonly T[],
  wanted: { readonly service?: string | undefined; readonly repository?: string | undefined },
): readonly T[] {
  const { service, repository } = wanted;
  if (service === undefined) return repository === undefined ? [] : ofRepository(services, repository);
  const exact = services.filter((each) => each.id === service);
  if (exact.length > 0) return exact;
  const named = services.filter((each) => each.names?.includes(service));
  const narrowed = named.length > 1 && repository !== undefined ? ofRepository(named, repository) : [];
  return narrowed.length === 1 ? narrowed : named;
}

/** Where none has such an image as a plain text, those whose image begins so and ends in a placeholder. */
function ofRepository<T extends TemplateService>(services: readonly T[], repository: string): readonly T[] {
  const plain = services.filter(
    ({ image }) => image !== undefined && tryParseImageReference(image)?.repository === repository,
  );
  if (plain.length > 0) return plain;
  return services.filter(
    ({ image, written }) =>
      image === undefined && /^[:@]/.test(written?.slice(repository.length) ?? '') && written?.startsWith(repository),
  );
}
