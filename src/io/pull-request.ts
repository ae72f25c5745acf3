import { quoteShellCommand } from '../core/shell.js';
import type { Proposal } from '../core/template-store.js';
import { publicUrl } from './public-url.js';

/**
 * How a person opens a pull request for a pushed branch: the server is told by the remote's address alone, and nothing is asked of
 * it. A server whose name does not tell what it is gets neither URL nor command. Pure.
 */
export function proposePullRequest(remote: string, branch: string, into: string): Proposal {
  const place = placeOf(remote);
  const ways = place && waysFor(place, branch, into);
  return { branch, into, ...ways };
}

interface Place {
  readonly host: string;
  /** Path of the repository on its server, without `.git`. */
  readonly path: string;
}

/** Web servers listen elsewhere than SSH: a port is kept for HTTP only. */
function placeOf(remote: string): Place | undefined {
  const address = publicUrl(remote);
  if (address === undefined) return undefined;
  const scp = address.includes('://') ? undefined : /^(?:[^@]+@)?([^:]+):(.+)$/.exec(address);
  const url = scp ? undefined : new URL(address);
  const host = scp?.[1] ?? (url?.protocol.startsWith('http') ? url.host : url?.hostname);
  const path = (scp?.[2] ?? url?.pathname ?? '').replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  return host && path ? { host, path } : undefined;
}

function waysFor({ host, path }: Place, branch: string, into: string): Pick<Proposal, 'url' | 'command'> | undefined {
  const name = host.replace(/:\d+$/, '');
  const [from, to] = [encodeURIComponent(branch), encodeURIComponent(into)];
  const web = `https://${host}/${path.split('/').map(encodePart).join('/')}`;
  if (/(?:^|\.)azure\.com$|\.visualstudio\.com$/.test(name)) return azure(name, path, branch, into);
  if (/(?:^|[.-])github\b/.test(name)) {
    const repository = name === 'github.com' ? path : `${host}/${path}`;
    return {
      url: `${web}/compare/${to}...${from}?expand=1`,
      command: command('gh', 'pr', 'create', '--repo', repository, '--base', into, '--head', branch, '--fill'),
    };
  }
  if (/(?:^|[.-])gitlab\b/.test(name)) {
    const query = `merge_request%5Bsource_branch%5D=${from}&merge_request%5Btarget_branch%5D=${to}`;
    return {
      url: `${web}/-/merge_requests/new?${query}`,
      command: command('glab', 'mr', 'create', '--repo', `https://${host}/${path}`, ...gitlab(branch, into)),
    };
  }
  if (/(?:^|[.-])bitbucket\.org$/.test(name)) return { url: `${web}/pull-requests/new?source=${from}&dest=${to}` };
  if (/^(?:codeberg\.org|(?:.*[.-])?(?:gitea|forgejo)\b.*)$/.test(name))
    return { url: `${web}/compare/${to}...${from}` };
  return undefined;
}

function gitlab(branch: string, into: string): readonly string[] {
  return ['--source-branch', branch, '--target-branch', into, '--fill'];
}

/** `https://dev.azure.com/org/project/_git/repo`, `git@ssh.dev.azure.com:v3/org/project/repo`, `https://org.visualstudio.com/project/_git/repo`. */
function azure(host: string, path: string, branch: string, into: string): Pick<Proposal, 'url' | 'command'> {
  const parts = path.split('/').map(decodePart);
  const plain = parts.filter((part, index) => part !== '_git' && !(index === 0 && part === 'v3'));
  const legacy = /^(.+)\.visualstudio\.com$/.exec(host)?.[1];
  const [organisation = '', project = '', repository = project] =
    legacy === undefined || host.startsWith('vs-ssh.') ? plain : [legacy, ...plain];
  const web = [organisation, project, '_git', repository].map(encodeURIComponent).join('/');
  const query = `sourceRef=${encodeURIComponent(branch)}&targetRef=${encodeURIComponent(into)}`;
  const [org, ends] = [`https://dev.azure.com/${organisation}`, ['--source-branch', branch, '--target-branch', into]];
  return {
    url: `https://dev.azure.com/${web}/pullrequestcreate?${query}`,
    command: command('az', 'repos', 'pr', 'create', '--org', org, '-p', project, '-r', repository, ...ends),
  };
}

function encodePart(part: string): string {
  return encodeURIComponent(decodePart(part));
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function command(...words: readonly string[]): string {
  return quoteShellCommand(words);
}
