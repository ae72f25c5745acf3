import { describeError } from '../core/failure.js';
import { member, textMember } from '../formats/json-member.js';
import { type Component, isPlainName, nothing, type Reading } from './component.js';

/**
 * Whether a file is the manifest of an installed package: the one at the root of a directory that stands directly in
 * `node_modules`, under a scope or not. Manifests deeper in a package (`dist/esm/package.json`) are no packages.
 */
export function isInstalledManifest(path: string): boolean {
  return /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/.test(path);
}

/** Name, version and licence of an installed package (https://docs.npmjs.com/cli/configuring-npm/package-json). */
export function readNpmManifest(path: string, content: Uint8Array): Reading {
  let manifest: unknown;
  try {
    manifest = JSON.parse(new TextDecoder().decode(content));
  } catch (error) {
    return { components: [], unreadable: [{ path, because: describeError(error) }] };
  }
  const full = textMember(manifest, 'name');
  // Some packages ship test data under this name, which has neither.
  if (!isPlainName(full)) return nothing;
  const version = textMember(manifest, 'version');
  const scoped = /^(@[^/]+)\/(.+)$/.exec(full);
  const licence = licenceOf(manifest);
  const component: Component = {
    ecosystem: 'npm',
    ...(scoped?.[1] !== undefined && { namespace: scoped[1] }),
    name: scoped?.[2] ?? full,
    ...(isPlainName(version) && { version }),
    ...(licence !== undefined && { licence }),
    path,
  };
  return { components: [component], unreadable: [] };
}

/** `license`, as a text or as the object of old packages, or the list `licenses`, of which the user may choose. */
function licenceOf(manifest: unknown): string | undefined {
  const one = textMember(manifest, 'license') ?? textMember(manifest, 'license', 'type');
  if (one !== undefined) return one;
  const list = member(manifest, 'licenses');
  if (!Array.isArray(list)) return undefined;
  const types = list.flatMap((entry: unknown) => {
    const type = typeof entry === 'string' ? entry : textMember(entry, 'type');
    return type === undefined ? [] : [type];
  });
  return types.length > 1 ? `(${types.join(' OR ')})` : types[0];
}
