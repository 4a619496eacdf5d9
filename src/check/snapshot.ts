import { isRecord } from '../config/record.js';
import type { RegisteredFunction } from '../gateway/types.js';

/** What callers of a function rely on. Schemas are parsed; null: there is none; text where it is no JSON. */
export interface SnapshotFunction {
  readonly id: string;
  readonly version: string;
  readonly inputSchema: unknown;
  readonly outputSchema: unknown;
}

/** By the name of the service. */
export type Snapshot = Readonly<Record<string, readonly SnapshotFunction[]>>;

/** Written into the file, for whoever finds it. */
const COMMENT = 'Functions as callers know them, written by `croupier check --update`. Commit this file.';

/** What a service has registered, in the order of the file. */
export function takeSnapshot(functions: readonly RegisteredFunction[]): readonly SnapshotFunction[] {
  return functions
    .map(({ id, version, inputSchema, outputSchema }) => ({
      id,
      version,
      inputSchema: readSchema(inputSchema),
      outputSchema: readSchema(outputSchema),
    }))
    .sort((a, b) => compareText(a.id, b.id));
}

/** The text of the file: the same for the same functions, whatever the order in which they come. */
export function formatSnapshot(snapshot: Snapshot): string {
  const services = Object.fromEntries(
    Object.entries(snapshot)
      .sort(([a], [b]) => compareText(a, b))
      .map(([name, functions]) => [
        name,
        functions.map(({ id, version, inputSchema, outputSchema }) => ({
          id,
          version,
          ...(inputSchema !== null && { inputSchema }),
          ...(outputSchema !== null && { outputSchema }),
        })),
      ]),
  );
  return `${JSON.stringify({ $comment: COMMENT, services }, null, 2)}\n`;
}

/** Reads the text of the file; null: it is no snapshot. */
export function parseSnapshot(text: string): Snapshot | null {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(content) || !isRecord(content.services)) return null;
  const snapshot: Record<string, readonly SnapshotFunction[]> = {};
  for (const [name, entries] of Object.entries(content.services)) {
    if (!Array.isArray(entries)) return null;
    const functions = entries.map(readFunction);
    const known = functions.filter((one) => one !== null);
    if (known.length < functions.length) return null;
    snapshot[name] = known;
  }
  return snapshot;
}

function readFunction(entry: unknown): SnapshotFunction | null {
  if (!isRecord(entry) || typeof entry.id !== 'string' || typeof entry.version !== 'string') return null;
  const { id, version, inputSchema = null, outputSchema = null } = entry;
  return { id, version, inputSchema, outputSchema };
}

function readSchema(text: string): unknown {
  if (text === '') return null;
  try {
    return sortKeys(JSON.parse(text));
  } catch {
    return text;
  }
}

/** Keys in order; `required` and lists of types are sets, which some languages print in any order. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => compareText(a, b))
      .map(([key, below]) => {
        const isSet = (key === 'required' || key === 'type') && isTexts(below);
        return [key, isSet ? [...below].sort(compareText) : sortKeys(below)];
      }),
  );
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** By code unit: the same on every machine. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
