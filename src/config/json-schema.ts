import * as z from 'zod';
import { fileSchema } from './schema/file.js';

/** The JSON Schema of a configuration file, made from the schema that validates it. */
export function makeJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(fileSchema, {
    target: 'draft-7',
    io: 'input',
    // Our defaults are in the notation of the file, so they hold for keys with a transformation too, where zod leaves them out.
    override: ({ zodSchema, jsonSchema }) => {
      const meta = z.globalRegistry.get(zodSchema);
      if (meta !== undefined && Object.hasOwn(meta, 'default'))
        Object.assign(jsonSchema, { default: meta.default });
    },
  });
  return {
    ...schema,
    title: 'Croupier configuration',
    description: 'Configuration of `croupier dev`. Durations are "20ms", "5s" or a number of ms.',
    // Read by editors only: the file is JSON with comments.
    allowComments: true,
    allowTrailingCommas: true,
  };
}
