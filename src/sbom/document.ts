import * as Enums from '@cyclonedx/cyclonedx-library/Enums';
import * as Models from '@cyclonedx/cyclonedx-library/Models';
import * as Serialize from '@cyclonedx/cyclonedx-library/Serialize';
import { isSupportedSpdxId } from '@cyclonedx/cyclonedx-library/SPDX';
import * as Spec from '@cyclonedx/cyclonedx-library/Spec';
import { PackageURL } from 'packageurl-js';
import type { Digest } from '../core/image-name.js';
import type { Catalogue } from './catalogue.js';
import type { Component } from './component.js';

/** Media type of a CycloneDX document in JSON (https://cyclonedx.org/specification/overview/). */
export const cycloneDxType = 'application/vnd.cyclonedx+json';

/** What the document is about. */
export interface BomSubject {
  /** `registry.example.com/team/app` */
  readonly repository: string;
  /** Undefined for an image that is in no registry yet. */
  readonly digest?: Digest;
  /** The engine's id of an image that is in no registry yet. */
  readonly id?: string;
  readonly version?: string;
  /** ISO 8601: the commit's time, so that the same image has the same document. */
  readonly created?: string;
  /** Version of Slipway. */
  readonly tool: string;
}

/**
 * The document as text: CycloneDX 1.6 in JSON, each list sorted. The same image, subject and version of Slipway give the same
 * bytes. How components depend on each other is not known and not said.
 */
export function formatBom(catalogue: Catalogue, subject: BomSubject): string {
  const bom = new Models.Bom({ serialNumber: serialNumberOf(subject.digest ?? subject.id), version: 1 });
  const { metadata } = bom;
  if (subject.created !== undefined && !Number.isNaN(Date.parse(subject.created)))
    metadata.timestamp = new Date(subject.created);
  metadata.tools.components.add(
    new Models.Component(Enums.ComponentType.Application, 'slipway', { version: subject.tool, bomRef: 'tool:slipway' }),
  );
  metadata.component = imageComponent(subject);
  for (const component of distinctComponents(catalogue.components)) bom.components.add(component);
  for (const { path, because } of catalogue.unreadable) bom.components.add(unreadComponent(path, because));
  if (catalogue.distribution) bom.components.add(systemComponent(catalogue.distribution));
  const spec = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  const { dependencies: _notKnown, ...document } = spec.makeForBom().normalize(bom, { sortLists: true });
  const isWhole = catalogue.unreadable.length === 0;
  const compositions = [{ aggregate: isWhole ? 'unknown' : 'incomplete', assemblies: [imageReference] }];
  return `${JSON.stringify({ ...document, compositions })}\n`;
}

const imageReference = 'image';
const property = { path: 'io.slipway:path', unread: 'io.slipway:not-read' } as const;

function imageComponent(subject: BomSubject): Models.Component {
  const { repository, digest, version } = subject;
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  const qualifiers = { repository_url: repository };
  return new Models.Component(Enums.ComponentType.Container, repository, {
    bomRef: imageReference,
    ...(version !== undefined && { version }),
    ...(digest !== undefined && {
      purl: new PackageURL('oci', undefined, name, digest, qualifiers, undefined).toString(),
      hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], digest.slice('sha256:'.length)]]),
    }),
  });
}

/** The same package in several places is one component with several paths. */
function distinctComponents(found: readonly Component[]): readonly Models.Component[] {
  const byReference = new Map<string, Models.Component>();
  for (const component of found) {
    const purl = purlOf(component);
    const reference = purl ?? `file:${component.path}#${component.name}@${component.version ?? ''}`;
    const known = byReference.get(reference) ?? libraryComponent(component, reference, purl);
    byReference.set(reference, known);
    if (![...known.properties].some(({ value }) => value === component.path))
      known.properties.add(new Models.Property(property.path, component.path));
  }
  return [...byReference.values()];
}

function libraryComponent(component: Component, bomRef: string, purl: string | undefined): Models.Component {
  const { namespace, name, version, licence } = component;
  // A Go module is named by its whole path; of system packages the namespace is the distribution.
  const isPath = component.ecosystem === 'golang' && namespace !== undefined;
  const isGroup = component.ecosystem === 'npm' || component.ecosystem === 'maven';
  return new Models.Component(Enums.ComponentType.Library, isPath ? `${namespace}/${name}` : name, {
    bomRef,
    ...(isGroup && namespace !== undefined && { group: namespace }),
    ...(version !== undefined && { version }),
    ...(purl !== undefined && { purl }),
    ...(licence !== undefined && { licenses: new Models.LicenseRepository([licenceOf(licence)]) }),
  });
}

function purlOf({ ecosystem, namespace, name, version, qualifiers, unnamed }: Component): string | undefined {
  if (unnamed) return undefined;
  try {
    return new PackageURL(ecosystem, namespace, name, version, qualifiers, undefined).toString();
  } catch {
    // What the package says of itself is no name of its ecosystem: it is listed by its file then.
    return undefined;
  }
}

function unreadComponent(path: string, because: string): Models.Component {
  return new Models.Component(Enums.ComponentType.File, path, {
    bomRef: `not-read:${path}`,
    properties: new Models.PropertyRepository([new Models.Property(property.unread, because.slice(0, 300))]),
  });
}

function systemComponent({ id, version, name }: NonNullable<Catalogue['distribution']>): Models.Component {
  return new Models.Component(Enums.ComponentType.OperatingSystem, id, {
    bomRef: `os:${id}@${version ?? ''}`,
    ...(version !== undefined && { version }),
    ...(name !== undefined && { description: name }),
  });
}

function licenceOf(text: string): Models.License {
  const isIdentifier: boolean = isSupportedSpdxId(text);
  if (isIdentifier) return new Models.SpdxLicense(text);
  return isExpression(text)
    ? new Models.LicenseExpression(text)
    : new Models.NamedLicense(text.slice(0, 300) || 'none');
}

/** Known identifiers with AND, OR, WITH and parentheses between them: anything else would not be a valid document. */
function isExpression(text: string): boolean {
  const identifiers = text.replace(/[()]/g, ' ').split(/ +(?:AND|OR) +/);
  const known = identifiers.every((part) =>
    isSupportedSpdxId(
      part
        .trim()
        .split(/ +WITH +/)[0]
        ?.replace(/\+$/, ''),
    ),
  );
  return known && text.length < 300 && /^[\w.+() -]+$/.test(text) && isBalanced(text);
}

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const letter of text) {
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** A UUID of version 8 (RFC 9562, 5.8), made of the digest: the same image has the same. */
function serialNumberOf(digest: string | undefined): string {
  const hex = (digest ?? '').replace(/^sha256:/, '').padEnd(64, '0');
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 3) | 8).toString(16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join('-')}`;
}
