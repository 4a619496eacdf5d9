/** Writes the JSON Schema beside this file: `node --import tsx src/config/generate-schema.ts`, then format it with biome. */
import { writeFile } from 'node:fs/promises';
import { makeJsonSchema } from './json-schema.js';

await writeFile(
  new URL('./croupier.schema.json', import.meta.url),
  `${JSON.stringify(makeJsonSchema(), null, 2)}\n`,
);
