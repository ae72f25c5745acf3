import type { RolloutPreview } from '../../core/target.js';
import { member } from '../../formats/json-member.js';
import { changedPaths } from '../../formats/value-changes.js';
import type { Data } from './fields.js';
import { isSameSpec, withoutDefaults } from './spec.js';
import type { LiveService } from './swarm-client.js';

/** The spec that would be sent against the one that the Swarm has. Values of variables are not shown: they may be secret. */
export function previewService(wanted: Data, live: LiveService | undefined): RolloutPreview {
  if (live === undefined) return { change: 'create', by: 'compared', lines: [`create service ${String(wanted.Name)}`] };
  if (isSameSpec(wanted, live.Spec)) return { change: 'none', by: 'compared', lines: [] };
  const [before, after] = [withoutDefaults(live.Spec), withoutDefaults(wanted)];
  const paths = changedPaths(before, after).map((path) =>
    path.includes('Env') ? path.slice(0, path.indexOf('Env') + 1) : path,
  );
  const unique = [...new Map(paths.map((path) => [path.join('.'), path])).values()];
  return {
    change: 'update',
    by: 'compared',
    lines: unique.map(
      (path) => `${path.join('.')}  ${changeAt(path, member(before, ...path), member(after, ...path))}`,
    ),
  };
}

function changeAt(path: readonly string[], before: unknown, after: unknown): string {
  return path.at(-1) === 'Env' ? changedVariables(before, after) : `${show(before)} → ${show(after)}`;
}

function changedVariables(before: unknown, after: unknown): string {
  const [old, now] = [variables(before), variables(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  const changed = names.filter((name) => old.get(name) !== now.get(name));
  return changed.map((name) => `${old.has(name) ? (now.has(name) ? '~' : '-') : '+'}${name}`).join(' ');
}

function variables(list: unknown): ReadonlyMap<string, string> {
  const texts = Array.isArray(list) ? list.map(String) : [];
  return new Map(texts.map((text) => [text.split('=', 1)[0] ?? text, text]));
}

function show(value: unknown): string {
  return value === undefined ? '(none)' : typeof value === 'string' ? value : JSON.stringify(value);
}
