import { isDeepStrictEqual } from 'node:util';
import { findBreaks } from './schema-diff.js';
import type { SnapshotFunction } from './snapshot.js';

/** What is not as it was. */
export interface SnapshotChange {
  readonly id: string;
  /** A caller that was right before can be wrong now. */
  readonly isBreaking: boolean;
  /** For people; begins with the function's id. */
  readonly text: string;
}

/** Compares what was written down with what is registered now. */
export function compareSnapshots(
  before: readonly SnapshotFunction[],
  now: readonly SnapshotFunction[],
): readonly SnapshotChange[] {
  const fresh = new Map(now.map((one) => [one.id, one]));
  const known = new Set(before.map(({ id }) => id));
  const kept = before.flatMap((one) => {
    const current = fresh.get(one.id);
    if (current === undefined) return [{ id: one.id, isBreaking: true, text: `${one.id} is gone` }];
    return compareFunction(one, current);
  });
  const added = now.filter(({ id }) => !known.has(id));
  return [...kept, ...added.map(({ id }) => ({ id, isBreaking: false, text: `${id} is new` }))];
}

function compareFunction(before: SnapshotFunction, now: SnapshotFunction): readonly SnapshotChange[] {
  const { id } = now;
  const changes: SnapshotChange[] = [];
  if (before.version !== now.version) {
    changes.push({ id, isBreaking: false, text: `${id}: version ${before.version} is ${now.version} now` });
  }
  for (const direction of ['input', 'output'] as const) {
    const key = direction === 'input' ? 'inputSchema' : 'outputSchema';
    if (isDeepStrictEqual(before[key], now[key])) continue;
    const breaks = findBreaks(before[key], now[key], direction);
    changes.push(...breaks.map((text) => ({ id, isBreaking: true, text: `${id}: ${direction}: ${text}` })));
    if (breaks.length === 0) {
      changes.push({
        id,
        isBreaking: false,
        text: `${id}: its ${direction} schema changed, which breaks nobody`,
      });
    }
  }
  return changes;
}
