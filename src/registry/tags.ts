import { z } from 'zod';
import type { LocatedReply, RegistryClient } from './client.js';
import { nextPage, parseJsonReply, strange } from './reply.js';

const pageSchema = z.object({ tags: z.array(z.string()).nullish() });

/** Every tag of a repository, all pages: see `RegistryRepository.listTags`. */
export async function listTags(client: RegistryClient, where: string): Promise<readonly string[]> {
  const pages = await readPages(client, where, 'tags/list?n=1000', [200, 404]);
  return pages.flatMap((page) => {
    if (page.status === 404) return [];
    const parsed = pageSchema.safeParse(parseJsonReply(page));
    if (!parsed.success) throw strange(page, 'something that is no list of tags');
    return parsed.data.tags ?? [];
  });
}

/** More pages than any list has: a registry that goes on for ever is not followed. */
const mostPages = 10_000;

/** A list in pages (distribution-spec, "Listing tags": `Link`). Throws `push.failed` where they lead in a circle or elsewhere. */
export async function readPages(
  client: RegistryClient,
  where: string,
  first: string,
  statuses: readonly number[],
): Promise<readonly LocatedReply[]> {
  const pages: LocatedReply[] = [];
  const seen = new Set<string>();
  for (let next: string | URL | undefined = first; next !== undefined; ) {
    const to: string | URL = next;
    const page: LocatedReply = await client.transaction(where, () => client.expect(statuses, { method: 'GET', to }));
    pages.push(page);
    seen.add(page.url.href);
    const link: string | undefined = page.status === 200 ? nextPage(page) : undefined;
    next = link === undefined ? undefined : nextUrl(page, link);
    if (next !== undefined && (seen.has(next.href) || pages.length >= mostPages))
      throw strange(page, 'pages of a list that lead in a circle');
  }
  return pages;
}

function nextUrl(page: LocatedReply, link: string): URL {
  const url = URL.canParse(link, page.url.href) ? new URL(link, page.url) : undefined;
  if (url?.origin === page.url.origin) return url;
  throw strange(page, `a next page that is somewhere else (${url?.origin ?? 'no address'})`);
}
