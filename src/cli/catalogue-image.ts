import type { Engine, RunContext } from '../core/engine.js';
import type { BomSubject } from '../sbom/document.js';

/** A document, and what a person is told of it. */
export interface ImageCatalogue {
  readonly text: string;
  readonly count: number;
  /** Files that hold packages and could not be read. */
  readonly unread: number;
}

/** List what is in an image of the engine. Throws `push.image-missing`. */
export async function catalogueImage(
  engine: Engine,
  image: string,
  context: RunContext,
  subject: BomSubject,
): Promise<ImageCatalogue> {
  const { createCatalogueReader, formatBom } = await import('../sbom/index.js');
  const reader = createCatalogueReader();
  await engine.readImageFiles(image, reader, context);
  const catalogue = reader.finish();
  const { components, unreadable } = catalogue;
  return { text: formatBom(catalogue, subject), count: components.length, unread: unreadable.length };
}
