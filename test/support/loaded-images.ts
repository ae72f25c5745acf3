import { createHash, randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';

/** An image to put into the engine: FROM scratch, one file in each layer. */
export interface LoadedImage {
  /** `repository:tag` */
  readonly name: string;
  /** Bytes of the file of each layer. */
  readonly layers: readonly number[];
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Put images of random content into the engine, all at once and without building (Docker image specification 1.2). */
export async function loadImages(docker: Docker, images: readonly LoadedImage[]): Promise<void> {
  const archive = pack();
  const list: object[] = [];
  for (const { name, layers } of images) {
    const archives = await Promise.all(layers.map((size) => layerOf(randomBytes(size))));
    const config = Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        config: { Cmd: ['/file'], Labels: { name } },
        rootfs: { type: 'layers', diff_ids: archives.map((bytes) => `sha256:${sha256(bytes)}`) },
      }),
    );
    const paths = archives.map((bytes) => `${sha256(bytes)}/layer.tar`);
    for (const [index, bytes] of archives.entries()) archive.entry({ name: paths[index] ?? '' }, bytes);
    archive.entry({ name: `${sha256(config)}.json` }, config);
    list.push({ Config: `${sha256(config)}.json`, RepoTags: [name], Layers: paths });
  }
  archive.entry({ name: 'manifest.json' }, JSON.stringify(list));
  archive.finalize();
  const answer = await docker.loadImage(archive as unknown as NodeJS.ReadableStream, { quiet: true });
  for await (const line of answer as unknown as AsyncIterable<Buffer>) {
    if (line.includes('"error"')) throw new Error(line.toString());
  }
}

async function layerOf(content: Buffer): Promise<Buffer> {
  const layer = pack();
  layer.entry({ name: 'file', mode: 0o755, mtime: new Date(0) }, content);
  layer.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of layer as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
