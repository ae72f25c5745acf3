import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

const directory = join(
  dirname(createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json')),
  'res/schema',
);

function read(name: string): object {
  return JSON.parse(readFileSync(join(directory, name), 'utf8'));
}

/** What is wrong with a document by CycloneDX 1.6's own schema; empty for a valid one. */
export function problemsOf(document: unknown): readonly string[] {
  validate ??= compile();
  if (validate(document)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

let validate: ReturnType<typeof compile> | undefined;

function compile() {
  const ajv = new Ajv({ strict: false, allErrors: false, addUsedSchema: false });
  addFormats.default(ajv);
  // Formats that no package of ajv's own brings; they are of fields that we do not write.
  for (const format of ['iri-reference', 'idn-email']) ajv.addFormat(format, true);
  for (const [id, name] of [
    ['http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json', 'spdx.SNAPSHOT.schema.json'],
    ['http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json', 'jsf-0.82.SNAPSHOT.schema.json'],
  ] as const)
    ajv.addSchema(read(name), id);
  return ajv.compile(read('bom-1.6.SNAPSHOT.schema.json'));
}
