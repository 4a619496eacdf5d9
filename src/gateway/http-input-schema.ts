import { readFile } from 'node:fs/promises';
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv';
import { err, ok, type Result } from '../core/result.js';

/** A JSON Schema that payloads are held against. */
export interface InputSchema {
  /** The schema as JSON text. */
  readonly text: string;
  /** Null: it satisfies the schema. Else where it does not and why, such as `/playerId must be string`. */
  check(payload: unknown): string | null;
}

/** A problem is cut here, in characters: it can quote a whole enumeration. */
const LONGEST_PROBLEM = 500;
/** Compiled schemas that are kept: those of a few generations of a large service. */
const KEPT = 1000;

type Draft = '2020-12' | '2019-09' | 'draft-07';

/** What `$schema` says, without its scheme and the `#` at its end, of which both forms are common. */
const DRAFTS: ReadonlyMap<string, Draft> = new Map([
  ['//json-schema.org/draft/2020-12/schema', '2020-12'],
  ['//json-schema.org/draft/2019-09/schema', '2019-09'],
  ['//json-schema.org/draft-07/schema', 'draft-07'],
  // "The latest": written by those who meant no draft in particular.
  ['//json-schema.org/schema', '2020-12'],
]);

/** Compiles schemas, each text once: most of them come again with the next generation. */
export class InputSchemas {
  readonly #compiled = new Map<string, Result<InputSchema, string>>();

  /** The error says what is wrong with the schema, as the end of a sentence. */
  async compile(schema: unknown): Promise<Result<InputSchema, string>> {
    if (typeof schema !== 'boolean' && !isObject(schema)) {
      return err('is no JSON Schema: it must be an object, or true or false');
    }
    const text = JSON.stringify(schema);
    const known = this.#compiled.get(text);
    if (known !== undefined) return known;
    const compiled = await compileText(schema, text);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size >= KEPT && oldest !== undefined) this.#compiled.delete(oldest);
    this.#compiled.set(text, compiled);
    return compiled;
  }

  /** A schema from a file. The error is a sentence that names the file. */
  async read(file: string): Promise<Result<InputSchema, string>> {
    let schema: unknown;
    try {
      schema = JSON.parse(await readFile(file, 'utf8'));
    } catch (error) {
      if (error instanceof SyntaxError) return err(`${file} is not JSON: ${error.message}`);
      return err(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
    const compiled = await this.compile(schema);
    return compiled.ok ? compiled : err(`${file} ${compiled.error}`);
  }
}

async function compileText(
  schema: boolean | Readonly<Record<string, unknown>>,
  text: string,
): Promise<Result<InputSchema, string>> {
  const drafts = draftsFor(schema);
  if (!drafts.ok) return drafts;
  let problem = '';
  for (const draft of drafts.value) {
    const ajv = await loadDraft(draft);
    try {
      const validate = ajv.compile(schema);
      // It would keep every schema that it ever saw.
      if (typeof schema === 'object') ajv.removeSchema(schema);
      return ok({ text, check: (payload) => (validate(payload) ? null : describe(validate)) });
    } catch (error) {
      // Of several drafts the first is the one that a schema without "$schema" is meant for.
      if (problem === '') problem = error instanceof Error ? error.message : String(error);
    }
  }
  return err(`is no JSON Schema: ${shorten(problem)}`);
}

/** By `$schema`. Without one the current draft, and where it cannot be read as that, the one that most older schemas are of. */
function draftsFor(schema: boolean | Readonly<Record<string, unknown>>): Result<readonly Draft[], string> {
  const named = typeof schema === 'boolean' ? undefined : schema.$schema;
  if (named === undefined) return ok(['2020-12', 'draft-07']);
  const draft = DRAFTS.get(
    String(named)
      .replace(/^https?:/, '')
      .replace(/#$/, ''),
  );
  if (draft !== undefined) return ok([draft]);
  const supported = [...new Set(DRAFTS.values())].join(', ');
  return err(
    `has the "$schema" ${JSON.stringify(named)}, which is not supported; supported are ${supported}`,
  );
}

const loaded = new Map<Draft, Promise<Ajv>>();

/** Loaded with the first schema of its draft: it takes some 40 ms, which a project without schemas does not wait for. */
function loadDraft(draft: Draft): Promise<Ajv> {
  const known = loaded.get(draft);
  if (known !== undefined) return known;
  const loading = createAjv(draft);
  loaded.set(draft, loading);
  return loading;
}

async function createAjv(draft: Draft): Promise<Ajv> {
  const [{ default: formats }, ajv] = await Promise.all([import('ajv-formats'), createDraft(draft)]);
  formats.default(ajv);
  return ajv;
}

async function createDraft(draft: Draft): Promise<Ajv> {
  // Keywords and formats that it does not know are allowed, as the specification says. Schemas of two generations can have one and
  // the same $id, so none is looked up by it later. Only sinks print.
  const options = { strict: false, addUsedSchema: false, logger: false } as const;
  switch (draft) {
    case '2020-12':
      return new (await import('ajv/dist/2020.js')).Ajv2020(options);
    case '2019-09':
      return new (await import('ajv/dist/2019.js')).Ajv2019(options);
    case 'draft-07':
      return new (await import('ajv')).Ajv(options);
  }
}

function describe(validate: ValidateFunction): string {
  const [first] = validate.errors ?? [];
  if (first === undefined) return 'it does not satisfy it';
  const where = first.instancePath === '' ? 'the payload' : first.instancePath;
  return shorten(`${where} ${first.message ?? 'is not allowed'}${detailOf(first)}`);
}

/** What the message of a keyword leaves out. */
function detailOf({ keyword, params }: ErrorObject): string {
  const additionalProperty: unknown = params.additionalProperty;
  const allowedValues: unknown = params.allowedValues;
  if (typeof additionalProperty === 'string') return `: "${additionalProperty}"`;
  if (keyword === 'enum' && Array.isArray(allowedValues)) return `: ${JSON.stringify(allowedValues)}`;
  return '';
}

function shorten(text: string): string {
  return text.length > LONGEST_PROBLEM ? `${text.slice(0, LONGEST_PROBLEM)}…` : text;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
