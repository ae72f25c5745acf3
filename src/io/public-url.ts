/**
 * A repository's address as it may be shown to anybody: no password, over HTTP no user, query or fragment either. The
 * scp-like form (`git@host:team/app.git`) stays as it is. Undefined for a path of this machine or what is no address.
 */
export function publicUrl(address: string): string | undefined {
  if (!address.includes('://')) return scpLike(address);
  const url = parseUrl(address);
  if (url === undefined || !/^(https?|ssh|git):$/.test(url.protocol) || url.host === '') return undefined;
  url.password = '';
  if (/^https?:$/.test(url.protocol)) url.username = '';
  url.search = '';
  url.hash = '';
  return url.href;
}

/** As git tells it from a path: a colon before the first slash, and no drive letter. */
function scpLike(address: string): string | undefined {
  return /^(?:[\w.-]+@)?[\w.-]{2,}:(?!\/\/)[^\s@]+$/.test(address) ? address : undefined;
}

function parseUrl(address: string): URL | undefined {
  try {
    return new URL(address);
  } catch {
    return undefined;
  }
}
