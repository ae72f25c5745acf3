import { isDeepStrictEqual } from 'node:util';
import type Docker from 'dockerode';
import { Failure } from '../../core/failure.js';
import { type Digest, parseDigest } from '../../core/image-name.js';
import type { RegistryRepository } from '../../core/registry.js';
import { member, textMember } from '../../formats/json-member.js';

/**
 * Whether the registry's manifest is the local image: the engine remembers that it is, its configuration is the image's own, or both
 * were built of the same commit as the same version (a rerun of a pipeline must not fail because its base image moved meanwhile), or
 * layers and configuration are equal (times of making aside, which differ between two builds of the same). `registry`: undefined
 * where it cannot be asked from here.
 */
export async function isSameImage(
  registry: RegistryRepository | undefined,
  digest: Digest,
  local: Docker.ImageInspectInfo,
): Promise<boolean> {
  if (local.RepoDigests?.some((name) => name.endsWith(`@${digest}`)) || local.Id === digest) return true;
  const manifest = parse((await registry?.getManifest(digest))?.bytes);
  const configDigest = textMember(manifest, 'config', 'digest');
  if (registry === undefined || configDigest === undefined) return false;
  // Where the engine calls an image by its configuration; where it calls it otherwise they differ, which says nothing.
  if (configDigest === local.Id) return true;
  const config = parse(await registry.getBlob(parseDigest(configDigest)));
  if (isSameRelease(member(config, 'config'), local.Config)) return true;
  const layers = member(config, 'rootfs', 'diff_ids');
  return (
    isDeepStrictEqual(layers, local.RootFS.Layers ?? []) &&
    isDeepStrictEqual(essence(member(config, 'config')), essence(local.Config))
  );
}

/** A version names its sources whole: of a tree that differs from its commit it ends in a digest of what differs. */
function isSameRelease(theirs: unknown, ours: unknown): boolean {
  const [revision, version] = ['org.opencontainers.image.revision', 'org.opencontainers.image.version'].map((key) => {
    const value = textMember(theirs, 'Labels', key);
    return value !== undefined && value === textMember(ours, 'Labels', key);
  });
  return revision === true && version === true;
}

/** The parts of an image's configuration that decide how it runs and what it says of itself. */
function essence(config: unknown): unknown {
  const keys = [
    'Cmd',
    'Entrypoint',
    'Env',
    'ExposedPorts',
    'Healthcheck',
    'Labels',
    'StopSignal',
    'User',
    'Volumes',
    'WorkingDir',
  ];
  return Object.fromEntries(keys.map((key) => [key, emptyAsNothing(member(config, key))]));
}

function emptyAsNothing(value: unknown): unknown {
  const empty = value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
  return empty ? undefined : value;
}

function parse(bytes: Uint8Array | undefined): unknown {
  try {
    return bytes && JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** An immutable tag that holds something else. */
export function tagExists(reference: string, theirs: Digest, local: Docker.ImageInspectInfo): Failure {
  const ours = local.RepoDigests?.map((name) => name.slice(name.indexOf('@') + 1))[0] ?? `image ${local.Id}`;
  return new Failure('push.tag-exists', {
    message: `The tag is in the registry already with other content: ${theirs}, and ours is ${ours}`,
    where: reference,
    remedy: 'Commit the change so that it gets a version of its own; a version that was pushed is never overwritten.',
  });
}
