import type { Engine, FoundImage } from '../core/engine.js';
import { Failure } from '../core/failure.js';
import type { Digest, Repository } from '../core/image-name.js';
import type { Image, Release } from '../core/plan.js';
import type { Descriptor, RegistryRepository } from '../core/registry.js';
import { textMember } from '../formats/json-member.js';
import type { DocumentName, SupplyDocument } from '../supply-chain/documents.js';
import { parseJson } from '../supply-chain/dsse.js';
import type { Statement } from '../supply-chain/provenance.js';
import { catalogueImage } from './catalogue-image.js';
import { signWithCosign } from './cosign-sign.js';
import { openRegistry } from './open-registry.js';
import { chooseSigner, type Signer } from './signer.js';
import { packageVersion } from './version.js';
import { contextOf, type World } from './world.js';

/** What is to be attached to a pushed image. */
export interface SupplyChain {
  readonly wanted: readonly DocumentName[];
  /** A refusal fails the push. */
  readonly isRequired: boolean;
  readonly signer: Signer;
}

/** What the settings choose; to be asked before a push, which a key that cannot be used must not follow. Throws `settings.*`. */
export async function chooseSupplyChain(world: World): Promise<SupplyChain> {
  const { sbom, provenance, require } = (await world.settings()).values['supply-chain'];
  return {
    wanted: [...(sbom ? (['sbom'] as const) : []), ...(provenance ? (['provenance'] as const) : [])],
    isRequired: require,
    signer: await chooseSigner(world),
  };
}

/** Which image is documented. */
export interface PushedImage {
  readonly image: Image;
  readonly release: Release;
}

/** The image in one registry. */
interface Place {
  readonly repository: Repository;
  readonly digest: Digest;
}

/**
 * Attach to the pushed image what is chosen, in each of its repositories, and sign it. What is there already is not made or
 * sent again. A registry that refuses is warned of, but for `isRequired` and for signatures, which somebody asked for.
 */
export async function attachSupplyChain(
  world: World,
  engine: Engine,
  chain: SupplyChain,
  pushed: PushedImage,
): Promise<void> {
  const isNothing = chain.wanted.length === 0 && chain.signer.by === 'nobody';
  if (isNothing) return;
  const maker = new DocumentMaker(world, engine, pushed);
  for (const place of [pushed.release, ...(pushed.release.also ?? [])]) {
    try {
      await documentIn(world, place, chain, maker);
    } catch (error) {
      const isMild = error instanceof Failure && error.code.startsWith('push.') && !chain.isRequired;
      if (!isMild || chain.signer.by !== 'nobody') throw error;
      world.progress.warn(`${place.repository} has no ${chain.wanted.join(' and ')} of this image: ${error.message}`);
    }
  }
}

async function documentIn(
  world: World,
  { repository: name, digest }: Place,
  chain: SupplyChain,
  maker: DocumentMaker,
): Promise<void> {
  const { listDocuments, attachDocument } = await import('../supply-chain/documents.js');
  const repository = await openRegistry(world, name);
  const there = new Set((await listDocuments(repository, digest)).map((document) => document.name));
  const missing = chain.wanted.filter((document) => !there.has(document));
  if (missing.length === 0 && chain.signer.by === 'nobody') return;
  const subject = await repository.headManifest(digest);
  if (subject === undefined || !(await maker.isOurs(repository, subject))) {
    const what = `${digest} in ${name} was pushed by another run: it is for that run to attach to it and to sign it`;
    if (chain.isRequired || chain.signer.by !== 'nobody')
      throw new Failure('push.failed', { message: what, where: name, remedy: 'Build a version of its own.' });
    world.progress.info(what);
    return;
  }
  for (const document of missing) {
    const made = await maker.make(document, digest);
    if (made === undefined) continue;
    await attachDocument(repository, subject, made.document);
    world.progress.info(`${document} attached${made.says}`);
  }
  await signIn(world, repository, digest, chain, maker);
}

async function signIn(
  world: World,
  repository: RegistryRepository,
  digest: Digest,
  chain: SupplyChain,
  maker: DocumentMaker,
): Promise<void> {
  const { signer } = chain;
  if (signer.by === 'nobody') return;
  if (signer.by === 'cosign') {
    const statements = await maker.statements(chain.wanted, digest);
    await signWithCosign(world, signer, repository, digest, statements);
    world.progress.info(`signed by cosign`);
    return;
  }
  const { attestStatement, findAttestations, signImage } = await import('../supply-chain/signature.js');
  const isNew = await signImage(repository, digest, signer.key);
  const signed = (await findAttestations(repository, digest, signer.key.publicKey)).statements;
  const { types } = await import('../supply-chain/documents.js');
  const typeOf = { sbom: types.bomPredicate, provenance: types.provenancePredicate };
  const missing = chain.wanted.filter((name) => !signed.some((one) => one.predicateType === typeOf[name]));
  for (const statement of await maker.statements(missing, digest))
    await attestStatement(repository, digest, statement, signer.key);
  world.progress.info(isNew ? `signed by the key ${signer.key.publicKey.fingerprint.slice(0, 16)}` : 'signed already');
}

interface MadeDocument {
  readonly document: SupplyDocument;
  readonly statement: Statement;
  /** Ends the line that tells of it. */
  readonly says: string;
}

/** Makes each document once, however many registries have the digest. */
class DocumentMaker {
  readonly pushed: PushedImage;
  readonly #world: World;
  readonly #engine: Engine;
  readonly #made = new Map<string, Promise<MadeDocument | undefined>>();
  #found: Promise<FoundImage | undefined> | undefined;

  constructor(world: World, engine: Engine, pushed: PushedImage) {
    this.#world = world;
    this.#engine = engine;
    this.pushed = pushed;
  }

  /**
   * Whether the digest is this engine's image: it pushed it, or has the same configuration. A tag that another run pushed
   * before may hold another build of the commit, which nothing here can speak for.
   */
  async isOurs(repository: RegistryRepository, subject: Descriptor): Promise<boolean> {
    const found = await this.#find();
    if (found === undefined) return false;
    if (found.id === subject.digest || found.digests.some((name) => name.endsWith(`@${subject.digest}`))) return true;
    const manifest = await repository.getManifest(subject.digest);
    const config = manifest && textMember(parseJson(manifest.bytes), 'config', 'digest');
    return config === found.id;
  }

  /** Undefined for provenance of an image of which only the engine knows. */
  make(name: DocumentName, digest: Digest): Promise<MadeDocument | undefined> {
    const key = `${name} ${digest}`;
    const made = this.#made.get(key) ?? (name === 'sbom' ? this.#makeBom(digest) : this.#makeProvenance(digest));
    this.#made.set(key, made);
    return made;
  }

  async statements(names: readonly DocumentName[], digest: Digest): Promise<readonly Statement[]> {
    const made = await Promise.all(names.map((name) => this.make(name, digest)));
    return made.flatMap((one) => (one === undefined ? [] : [one.statement]));
  }

  async #makeBom(digest: Digest): Promise<MadeDocument> {
    const { image, release } = this.pushed;
    const [{ cycloneDxType }, { makeStatement }, { types }] = await Promise.all([
      import('../sbom/index.js'),
      import('../supply-chain/provenance.js'),
      import('../supply-chain/documents.js'),
    ]);
    const created = (await this.#find())?.labels['org.opencontainers.image.created'];
    const { text, count, unread } = await catalogueImage(this.#engine, image.id, contextOf(this.#world), {
      repository: release.repository,
      digest,
      version: image.version,
      ...(created !== undefined && { created }),
      tool: packageVersion(),
    });
    const lost = unread === 0 ? '' : `, ${unread} files not read`;
    return {
      document: { name: 'sbom', mediaType: cycloneDxType, bytes: Buffer.from(text) },
      statement: makeStatement(release.repository, digest, types.bomPredicate, JSON.parse(text)),
      says: `: ${count} packages${lost}`,
    };
  }

  async #makeProvenance(digest: Digest): Promise<MadeDocument | undefined> {
    const { image } = this.pushed;
    if (image.origin === undefined) {
      this.#world.progress.info(
        'no provenance: how this image was built is known to `ship`, and to `push --image` by the file that `build --out` wrote',
      );
      return undefined;
    }
    const [{ makeProvenance }, { types }] = await Promise.all([
      import('../supply-chain/provenance.js'),
      import('../supply-chain/documents.js'),
    ]);
    const statement = makeProvenance(image, image.origin, digest);
    const bytes = Buffer.from(JSON.stringify(statement));
    return { document: { name: 'provenance', mediaType: types.statement, bytes }, statement, says: '' };
  }

  #find(): Promise<FoundImage | undefined> {
    this.#found ??= this.#engine.findImage(this.pushed.image.id);
    return this.#found;
  }
}
