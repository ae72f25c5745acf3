import { Failure } from '../../core/failure.js';
import { type Evidence, type Fact, fact } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { jsonText } from '../../formats/json-document.js';
import { lineOf, type Manifest } from './manifest.js';
import { normalisePath } from './sources.js';

/** What Prisma's client needs of the build and of the image. */
export interface PrismaFacts {
  /** True where its engine is linked with OpenSSL. */
  readonly openssl?: Fact;
  /** The argv that makes the client, where no script of the project does. */
  readonly generate?: Fact;
}

interface Schema {
  readonly path: string;
  readonly text: string;
}

/**
 * Until 7 the engine is a program that is linked with OpenSSL, unless the schema says `engineType = "client"`. The client is made
 * from the schema: until 7 by a script of its own installation, which pnpm 10 and later do not run unasked.
 * https://www.prisma.io/docs/orm/reference/system-requirements, https://www.prisma.io/docs/orm/prisma-client/setup-and-configuration/generating-prisma-client.
 */
export function detectPrisma(tree: SourceTree, manifest: Manifest): PrismaFacts {
  if (!manifest.dependencies.has('@prisma/client')) return {};
  const spec = jsonText(manifest.root, 'dependencies', '@prisma/client') ?? '';
  const schema = schemaIn(tree, manifest);
  const major = Number(/\d{1,3}/.exec(spec)?.[0] ?? Number.NaN);
  const hasEngine = major < 7 && !/^[ \t]*engineType[ \t]*=[ \t]*"client"/m.test(schema?.text ?? '');
  const generate = schema && generateFact(tree, manifest, schema);
  return {
    ...(hasEngine && { openssl: fact(true, evidenceOf(manifest, `is of ${major}, whose engine needs OpenSSL`)) }),
    ...(generate && { generate }),
  };
}

function evidenceOf(manifest: Manifest, because: string): Evidence {
  const line = lineOf(manifest, 'dependencies', '@prisma/client');
  return { file: manifest.path, ...(line && { line }), because: `@prisma/client ${because}` };
}

function schemaIn(tree: SourceTree, manifest: Manifest): Schema | undefined {
  const stated = normalisePath(jsonText(manifest.root, 'prisma', 'schema') ?? '/');
  for (const path of [stated, 'prisma/schema.prisma', 'schema.prisma', 'prisma/schema/schema.prisma']) {
    const text = path === undefined ? undefined : textOf(tree, path);
    if (path !== undefined && text !== undefined) return { path, text: text.slice(0, 200_000) };
  }
  return undefined;
}

/** Undefined where a script makes it, the command is not there, or what it makes is checked in. */
function generateFact(tree: SourceTree, manifest: Manifest, schema: Schema): Fact | undefined {
  const isScripted = [...manifest.scripts.values()].some(({ value }) => /\bprisma\b.{0,60}\bgenerate\b/.test(value));
  const hasCommand = manifest.dependencies.has('prisma') || manifest.devDependencies.has('prisma');
  const output = /^[ \t]*output[ \t]*=[ \t]*"([^"\n]{1,200})"/m.exec(schema.text)?.[1];
  const folder = output && normalisePath(`${schema.path.replace(/[^/]*$/, '')}${output}`);
  const isCheckedIn = folder !== undefined && folder !== '' && tree.list(folder).length > 0;
  if (isScripted || !hasCommand || isCheckedIn) return undefined;
  const because = 'Prisma makes its client from the schema, and no script of the project has it do so';
  return fact(['node_modules/.bin/prisma', 'generate'], { file: schema.path, because });
}

function textOf(tree: SourceTree, file: string): string | undefined {
  try {
    return tree.read(file, 'source');
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
