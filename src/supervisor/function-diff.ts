import type { FunctionDescriptor } from './ports.js';

export interface FunctionDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** The version changed. */
  readonly updated: readonly string[];
  /** A caller that was right before can be wrong now, judged by the input schema. */
  readonly breaking: readonly string[];
}

/** What changed between the functions of two generations; ids in alphabetical order. */
export function diffFunctions(
  before: readonly FunctionDescriptor[],
  now: readonly FunctionDescriptor[],
): FunctionDiff {
  const old = new Map(before.map((one) => [one.id, one]));
  const fresh = new Map(now.map((one) => [one.id, one]));
  const added: string[] = [];
  const updated: string[] = [];
  const breaking: string[] = [];
  for (const [id, one] of fresh) {
    const previous = old.get(id);
    if (previous === undefined) {
      added.push(id);
      continue;
    }
    if (previous.version !== one.version) updated.push(id);
    if (breaksCallers(previous.inputSchema, one.inputSchema)) breaking.push(id);
  }
  const removed = [...old.keys()].filter((id) => !fresh.has(id));
  return { added: added.sort(), removed: removed.sort(), updated: updated.sort(), breaking: breaking.sort() };
}

export function isEmptyDiff(diff: FunctionDiff): boolean {
  return diff.added.length + diff.removed.length + diff.updated.length + diff.breaking.length === 0;
}

/**
 * Looks at the top level of two JSON Schemas of the input: a property that is newly required, whose type changed, or that is
 * gone where other properties are refused. Schemas that cannot be read never count as breaking.
 */
function breaksCallers(before: string, now: string): boolean {
  if (before === now) return false;
  const old = readSchema(before);
  const fresh = readSchema(now);
  if (fresh === null) return false;
  const known = old ?? { required: new Set<string>(), types: new Map<string, string>(), closed: false };
  for (const name of fresh.required) if (!known.required.has(name)) return true;
  for (const [name, type] of fresh.types) {
    const previous = known.types.get(name);
    if (previous !== undefined && previous !== type) return true;
  }
  if (!fresh.closed) return false;
  return [...known.types.keys()].some((name) => !fresh.types.has(name));
}

interface SchemaShape {
  readonly required: ReadonlySet<string>;
  readonly types: ReadonlyMap<string, string>;
  readonly closed: boolean;
}

function readSchema(text: string): SchemaShape | null {
  if (text === '') return null;
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(schema)) return null;
  const required = new Set(
    Array.isArray(schema.required) ? schema.required.filter((one) => typeof one === 'string') : [],
  );
  const types = new Map<string, string>();
  if (isRecord(schema.properties)) {
    for (const [name, property] of Object.entries(schema.properties)) {
      types.set(name, isRecord(property) ? JSON.stringify(property.type ?? null) : 'null');
    }
  }
  return { required, types, closed: schema.additionalProperties === false };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
