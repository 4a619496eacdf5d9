import { err, ok, type Result } from '../core/result.js';
import { defaultRoute, type HttpRoute, parseRoute } from './http-function.js';
import type { RegisteredFunction } from './types.js';

/** A function as a process's manifest describes it. */
export interface ManifestFunction extends HttpRoute {
  readonly descriptor: RegisteredFunction;
  /** `request.json_schema`; undefined: none. */
  readonly inputSchema: unknown;
}

const DEFAULT_VERSION = '1.0.0';

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads `{"functions": [{"id", "version", "http", "request": {"json_schema"}, "response": {"json_schema"}, "summary", "description",
 * "category", "risk", "entity", "operation", "operation_id", "tags", "deprecated"}]}`. Only `id` must be there; unknown keys are left
 * alone. The error is the end of a sentence that begins with the manifest, and names the place.
 */
export function parseManifest(text: string): Result<readonly ManifestFunction[], string> {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    return err(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const entries = isObject(manifest) ? manifest.functions : undefined;
  if (!Array.isArray(entries)) return err('must be an object with a list "functions"');
  const functions = new Map<string, ManifestFunction>();
  for (const [index, entry] of entries.entries()) {
    const where = `functions[${index}]`;
    const read = readFunction(entry);
    if (!read.ok) return err(`is wrong: ${where}${read.error}`);
    const { id } = read.value.descriptor;
    if (functions.has(id)) return err(`is wrong: ${where} has the id "${id}", which an earlier one has`);
    functions.set(id, read.value);
  }
  return ok([...functions.values()]);
}

function readFunction(entry: unknown): Result<ManifestFunction, string> {
  if (!isObject(entry)) return err(' must be an object');
  const { id, version = DEFAULT_VERSION, http, tags = [], deprecated = false } = entry;
  if (typeof id !== 'string' || id === '') return err('.id must be a text that is not empty');
  if (typeof version !== 'string') return err('.version must be a text');
  if (http !== undefined && typeof http !== 'string') return err('.http must be a text');
  const route = http === undefined ? ok(defaultRoute(id)) : parseRoute(http);
  if (!route.ok) return err(`.http ${route.error}`);
  if (!isTexts(tags)) return err('.tags must be a list of texts');
  if (typeof deprecated !== 'boolean') return err('.deprecated must be true or false');
  const input = readSchema(entry, 'request');
  if (!input.ok) return input;
  const output = readSchema(entry, 'response');
  if (!output.ok) return output;
  const descriptor: RegisteredFunction = {
    id,
    version,
    tags: [...tags],
    summary: textOf(entry.summary),
    description: textOf(entry.description),
    operationId: textOf(entry.operation_id),
    deprecated,
    inputSchema: schemaText(input.value),
    outputSchema: schemaText(output.value),
    category: textOf(entry.category),
    risk: textOf(entry.risk),
    entity: textOf(entry.entity),
    operation: textOf(entry.operation),
  };
  return ok({ ...route.value, descriptor, inputSchema: input.value });
}

/** Whether it is a schema at all is seen when it is compiled; undefined: there is none. */
function readSchema(entry: JsonObject, part: 'request' | 'response'): Result<unknown, string> {
  const holder = entry[part];
  if (holder === undefined || holder === null) return ok(undefined);
  if (!isObject(holder)) return err(`.${part} must be an object`);
  return ok(holder.json_schema ?? undefined);
}

function schemaText(schema: unknown): string {
  return schema === undefined ? '' : JSON.stringify(schema);
}

/** Words for people: a text, or one in several languages by their codes, of which English or the first is taken. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return '';
  const texts = [value.en, ...Object.values(value)];
  return texts.find((text) => typeof text === 'string') ?? '';
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
