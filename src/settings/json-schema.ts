import { z } from 'zod';
import { leaves } from './leaves.js';
import { settingsSchema } from './schema.js';

/** The JSON Schema of `slipway.yml` for editors: the text of `schema/slipway.schema.json`. */
export function renderJsonSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(settingsSchema, {
    io: 'input',
    target: 'draft-7',
    override: ({ zodSchema, jsonSchema }) => {
      if (leaves.get(zodSchema as unknown as z.ZodType)?.numeric) jsonSchema.type = ['string', 'number'] as never;
    },
  });
  const titled = {
    $schema,
    title: 'Settings of Slipway (slipway.yml)',
    ...schema,
  };
  return `${JSON.stringify(titled, null, 2)}\n`;
}
