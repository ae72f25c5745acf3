import { type Component, isPlainName, type Reading } from './component.js';

/** Where Debian's package manager keeps what is installed; distroless images have a file for each package. */
export function isDpkgStatus(path: string): boolean {
  return path === 'var/lib/dpkg/status' || /^var\/lib\/dpkg\/status\.d\/(?!.*\.md5sums$)[^/.][^/]*$/.test(path);
}

/** Where Alpine's package manager keeps what is installed. */
export function isApkInstalled(path: string): boolean {
  return path === 'lib/apk/db/installed' || path === 'usr/lib/apk/db/installed';
}

/** Which distribution an image is made of. */
export interface Distribution {
  /** `debian`, `alpine`. */
  readonly id: string;
  /** `12`, `3.20.1`. */
  readonly version?: string;
  readonly name?: string;
}

/** os-release(5); undefined where it names no distribution. */
export function parseOsRelease(text: string): Distribution | undefined {
  const values = new Map(
    text.split('\n').flatMap((line) => {
      const match = /^([A-Z_]+)=(?:"([^"]*)"|'([^']*)'|(\S*))\s*$/.exec(line);
      return match ? [[match[1], match[2] ?? match[3] ?? match[4] ?? ''] as const] : [];
    }),
  );
  const [id, version, name] = [values.get('ID'), values.get('VERSION_ID'), values.get('NAME')];
  if (!isPlainName(id)) return undefined;
  return { id, ...(isPlainName(version) && { version }), ...(name && name.length < 200 && { name }) };
}

/** Installed packages of `/var/lib/dpkg/status` and its like (dpkg-query(1), deb-control(5)). */
export function readDpkgStatus(path: string, content: Uint8Array, distribution: Distribution | undefined): Reading {
  return readParagraphs(content, (fields) => {
    const [name, version, status] = [fields('Package'), fields('Version'), fields('Status')];
    // Distroless' files have no status: what is in them is installed. Of removed packages only their settings are left.
    if (status !== undefined && !/^\S+ \S+ installed$/.test(status)) return undefined;
    const source = /^(\S+)(?: \((\S+)\))?$/.exec(fields('Source') ?? '');
    const upstream = source?.[1] && `${source[1]}${source[2] === undefined ? '' : `@${source[2]}`}`;
    return systemPackage('deb', path, distribution, {
      name,
      version,
      architecture: fields('Architecture'),
      ...(upstream && { upstream }),
    });
  });
}

/** Installed packages of Alpine's database (https://wiki.alpinelinux.org/wiki/Apk_spec). */
export function readApkInstalled(path: string, content: Uint8Array, distribution: Distribution | undefined): Reading {
  return readParagraphs(content, (fields) =>
    systemPackage('apk', path, distribution, {
      name: fields('P'),
      version: fields('V'),
      architecture: fields('A'),
      licence: fields('L'),
      upstream: fields('o'),
    }),
  );
}

interface SystemPackage {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly architecture: string | undefined;
  readonly licence?: string | undefined;
  /** The source package it is built of, where vulnerabilities are reported. */
  readonly upstream?: string | undefined;
}

function systemPackage(
  ecosystem: 'deb' | 'apk',
  path: string,
  distribution: Distribution | undefined,
  found: SystemPackage,
): Component | undefined {
  const { name, version, architecture, licence, upstream } = found;
  if (!isPlainName(name) || !isPlainName(version)) return undefined;
  const { id, version: release } = distribution ?? { id: ecosystem === 'deb' ? 'debian' : 'alpine' };
  const distro = distribution && (release === undefined ? id : `${id}-${release}`);
  return {
    ecosystem,
    namespace: id,
    name,
    version,
    ...(licence !== undefined && licence !== '' && { licence }),
    qualifiers: {
      ...(isPlainName(architecture) && { arch: architecture }),
      ...(distro && { distro }),
      ...(isPlainName(upstream) && upstream !== name && { upstream }),
    },
    path,
  };
}

type Fields = (name: string) => string | undefined;

/** Each paragraph's fields, `Name: value` or `N:value`; lines that go on from the one before are descriptions and not read. */
function readParagraphs(content: Uint8Array, read: (fields: Fields) => Component | undefined): Reading {
  const components: Component[] = [];
  for (const paragraph of new TextDecoder().decode(content).split(/\n\s*\n/)) {
    const fields = new Map<string, string>();
    for (const line of paragraph.split('\n')) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon);
      if (colon > 0 && !/^\s/.test(line) && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim());
    }
    const component = read((name) => fields.get(name));
    if (component) components.push(component);
  }
  return { components, unreadable: [] };
}
