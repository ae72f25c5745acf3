import type { Descriptor, RegistryRepository } from '../core/registry.js';
import { member, textMember } from '../formats/json-member.js';
import { type Check, digestOf, labelOf, type ProvedImage, unlessCorrupt } from './check.js';
import { type DocumentName, documentAnnotation, types } from './documents.js';
import { parseJson } from './dsse.js';
import { digestFromHex } from './provenance.js';
import { isAbout, isStatement } from './signature.js';

/** The documents of an image that hold, and what was found of each sort. */
export interface VerifiedDocuments {
  readonly checks: readonly Check[];
  /** Parsed; undefined where there is none that holds. */
  readonly sbom?: unknown;
  readonly provenance?: unknown;
}

/** Attached by anybody who may push: what is read of them has an end. */
const mostReferrers = 100;

/** One document of one sort, judged. */
type Judgement =
  | { readonly is: 'ok'; readonly says: string; readonly document: unknown }
  | { readonly is: 'failed'; readonly says: string }
  /** Another tool's, which does not say what it is about. */
  | { readonly is: 'foreign' };

/** Whether SBOM and provenance are attached, whole, about this image, and agree with its labels. */
export async function verifyDocuments(repository: RegistryRepository, image: ProvedImage): Promise<VerifiedDocuments> {
  const referrers = await repository.listReferrers(image.digest);
  if (referrers.length > mostReferrers) {
    const says = `${referrers.length} documents are attached, more than are read`;
    return { checks: (['sbom', 'provenance'] as const).map((name) => ({ name, state: 'failed', says })) };
  }
  const sbom = await verifyOne(repository, image, referrers, 'sbom', judgeBom);
  const provenance = await verifyOne(repository, image, referrers, 'provenance', judgeProvenance);
  return {
    checks: [sbom.check, provenance.check],
    ...(sbom.document !== undefined && { sbom: sbom.document }),
    ...(provenance.document !== undefined && { provenance: provenance.document }),
  };
}

async function verifyOne(
  repository: RegistryRepository,
  image: ProvedImage,
  referrers: readonly Descriptor[],
  name: DocumentName,
  judge: (document: unknown, image: ProvedImage) => Judgement,
): Promise<{ readonly check: Check; readonly document?: unknown }> {
  const mediaType = name === 'sbom' ? types.bom : types.statement;
  const found = referrers.filter(
    ({ artifactType, annotations }) => artifactType === mediaType || annotations?.[documentAnnotation] === name,
  );
  const judged: Judgement[] = [];
  for (const referrer of found) {
    const read = await readDocument(repository, image, referrer, mediaType);
    judged.push('says' in read ? { is: 'failed', ...read } : judge(parseJson(read.bytes), image));
  }
  const bad = judged.flatMap((one) => (one.is === 'failed' ? [one.says] : []));
  if (bad.length > 0) return { check: { name, state: 'failed', says: bad.join('; ') } };
  const good = judged.find((one) => one.is === 'ok');
  if (good) return { check: { name, state: 'ok', says: good.says }, document: good.document };
  const says = judged.length === 0 ? 'none is attached' : 'what is attached does not say which image it is about';
  return { check: { name, state: 'absent', says } };
}

/** The only layer of an artifact manifest, each step proved. */
async function readDocument(
  repository: RegistryRepository,
  image: ProvedImage,
  referrer: Descriptor,
  mediaType: string,
): Promise<{ readonly bytes: Uint8Array } | { readonly says: string }> {
  const { digest } = referrer;
  const manifest = await unlessCorrupt(() => repository.getManifest(digest));
  if (manifest === undefined) return { says: `${digest} is listed and not there` };
  if (manifest === 'corrupt' || digestOf(manifest.bytes) !== digest)
    return { says: `the bytes of ${digest} are others` };
  const document = parseJson(manifest.bytes);
  if (textMember(document, 'subject', 'digest') !== image.digest) return { says: `${digest} refers to another image` };
  const layers = member(document, 'layers');
  const [layer] = Array.isArray(layers) ? (layers as readonly unknown[]) : [];
  const blob = digestFromHex(textMember(layer, 'digest')?.replace(/^sha256:/, ''));
  if (blob === undefined || textMember(layer, 'mediaType') !== mediaType)
    return { says: `${digest} does not hold a document of type ${mediaType}` };
  const bytes = await unlessCorrupt(() => repository.getBlob(blob));
  if (bytes === undefined) return { says: `its document ${blob} is missing` };
  if (bytes === 'corrupt' || digestOf(bytes) !== blob || bytes.length !== member(layer, 'size'))
    return { says: `the bytes of its document ${blob} are others` };
  return { bytes };
}

function judgeBom(document: unknown, image: ProvedImage): Judgement {
  if (textMember(document, 'bomFormat') !== 'CycloneDX') return { is: 'failed', says: 'it is no CycloneDX document' };
  const about = bomDigests(document);
  if (about.length === 0) return { is: 'foreign' };
  if (!about.includes(image.digest)) return { is: 'failed', says: `it is about ${about[0]}, another image` };
  const version = textMember(document, 'metadata', 'component', 'version');
  const label = labelOf(image, 'version');
  if (version !== undefined && label !== undefined && version !== label)
    return { is: 'failed', says: `its version is ${version}, and the image's ${label}` };
  const components = member(document, 'components');
  const count = Array.isArray(components) ? components.length : 0;
  return { is: 'ok', says: `CycloneDX ${textMember(document, 'specVersion')}, ${count} components`, document };
}

/** The digests that the document's subject has among its hashes. */
function bomDigests(document: unknown): readonly string[] {
  const hashes = member(document, 'metadata', 'component', 'hashes');
  if (!Array.isArray(hashes)) return [];
  return hashes.flatMap((hash: unknown) => {
    const digest = textMember(hash, 'alg') === 'SHA-256' ? digestFromHex(textMember(hash, 'content')) : undefined;
    return digest === undefined ? [] : [digest];
  });
}

function judgeProvenance(document: unknown, image: ProvedImage): Judgement {
  if (!isStatement(document)) return { is: 'failed', says: 'it is no in-toto statement' };
  // Other statements are attached under the same type: a test report, a scan.
  if (document.predicateType !== types.provenancePredicate) return { is: 'foreign' };
  if (!isAbout(document, image.digest)) return { is: 'failed', says: 'it is about another image' };
  const { predicate } = document;
  const revision = textMember(predicate, 'buildDefinition', 'externalParameters', 'source', 'revision');
  const label = labelOf(image, 'revision');
  if (revision !== label && (revision !== undefined || label !== undefined)) {
    const says = `it is of the commit ${revision ?? '(none)'}, and the image's label names ${label ?? 'none'}`;
    // Another builder's provenance keeps its source elsewhere.
    return revision === undefined && !isOurs(predicate) ? { is: 'foreign' } : { is: 'failed', says };
  }
  const builder = textMember(predicate, 'runDetails', 'builder', 'id') ?? 'an unknown builder';
  const commit = revision === undefined ? 'no commit' : `commit ${revision.slice(0, 12)}`;
  return { is: 'ok', says: `SLSA v1, ${commit}, built by ${builder}`, document };
}

function isOurs(predicate: unknown): boolean {
  return textMember(predicate, 'buildDefinition', 'buildType')?.startsWith('urn:slipway:') === true;
}
