import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { distinctFunctions } from './server-registration.js';
import type { OfferedFunction, OfferedService } from './types.js';

/** Who declares the functions; id and version are not empty. */
export interface Provider {
  readonly id: string;
  readonly version: string;
  readonly lang: string;
  readonly sdk: string;
}

/** Schemas go as text; every function has both. */
interface SchemaReference {
  readonly json_schema: string;
}

/**
 * One function as servers of the field take it: they check the manifest strictly, so there are no fields but these, none is empty, and
 * texts for people go by language.
 */
interface ManifestFunction {
  readonly id: string;
  readonly version?: string;
  readonly category?: string;
  readonly risk?: Risk;
  /** What there is no field for: `entity`, `operation`, `operation_id`, `deprecated`. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly summary?: { readonly en: string };
  readonly tags?: readonly string[];
  readonly request: SchemaReference;
  readonly response: SchemaReference;
  readonly ui?: {
    readonly category?: string;
    readonly risk?: Risk;
    readonly tags?: readonly string[];
    readonly description?: string;
  };
}

export interface Manifest {
  readonly provider: Provider;
  readonly functions: readonly ManifestFunction[];
}

const RISKS = ['low', 'medium', 'high'] as const;

type Risk = (typeof RISKS)[number];

/** Of a function that said nothing about its payloads: anything goes. */
const ANY_SCHEMA = '{}';

/** What the session's functions are, for servers that show forms and menus for them. */
export function buildManifest(services: readonly OfferedService[], provider: Provider): Manifest {
  return { provider, functions: distinctFunctions(services).map(toManifestFunction) };
}

/** `manifest_json_gz`. */
export async function compressManifest(manifestJson: string): Promise<Buffer> {
  return promisify(gzip)(manifestJson);
}

function toManifestFunction(one: OfferedFunction): ManifestFunction {
  const risk = RISKS.find((known) => known === one.risk.toLowerCase());
  const shown = {
    ...(one.category === '' ? {} : { category: one.category }),
    ...(risk === undefined ? {} : { risk }),
    ...(one.tags.length === 0 ? {} : { tags: one.tags }),
  };
  const labels = labelsOf(one);
  const ui = { ...shown, ...(one.description === '' ? {} : { description: one.description }) };
  return {
    id: one.id,
    ...(one.version === '' ? {} : { version: one.version }),
    ...shown,
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(one.summary === '' ? {} : { summary: { en: one.summary } }),
    request: { json_schema: schemaText(one.inputSchema) },
    response: { json_schema: schemaText(one.outputSchema) },
    ...(Object.keys(ui).length === 0 ? {} : { ui }),
  };
}

function labelsOf(one: OfferedFunction): Record<string, string> {
  const labels: Record<string, string> = {};
  if (one.entity !== '') labels.entity = one.entity;
  if (one.operation !== '') labels.operation = one.operation;
  if (one.operationId !== '') labels.operation_id = one.operationId;
  if (one.deprecated) labels.deprecated = 'true';
  return labels;
}

/** Text that is not JSON would spoil the form for this function, or the whole manifest. */
function schemaText(schema: string): string {
  try {
    JSON.parse(schema);
    return schema;
  } catch {
    return ANY_SCHEMA;
  }
}
