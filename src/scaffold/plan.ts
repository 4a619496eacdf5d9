import { foldersOf } from './target-folder.js';
import type { EntryKind, ScaffoldFile } from './types.js';

/** Something that is in the way of a file. */
export interface Collision {
  /** Relative to the project's folder. */
  readonly path: string;
  /** `file`: `force` replaces it. `folder`: it stands where a file is to be. `not-a-folder`: it is a file where a folder is needed. */
  readonly obstacle: 'file' | 'folder' | 'not-a-folder';
}

export interface PlannedWrite {
  readonly file: ScaffoldFile;
  /** There is one already. */
  readonly replaces: boolean;
}

/** What is to be done. With collisions, nothing may be written. */
export interface WritePlan {
  readonly writes: readonly PlannedWrite[];
  /** Paths of files that are there already and stay as they are. */
  readonly kept: readonly string[];
  readonly collisions: readonly Collision[];
}

export interface PlanRules {
  /** Files that are there are replaced. */
  readonly force: boolean;
  /** Whether a file that is there stays, without being in the way. */
  isKept(path: string): boolean;
}

/** Decides what to do with each file, given what is there already. Finds all collisions, not the first alone. */
export function planWrites(
  files: readonly ScaffoldFile[],
  present: ReadonlyMap<string, EntryKind>,
  rules: PlanRules,
): WritePlan {
  const writes: PlannedWrite[] = [];
  const kept: string[] = [];
  const collisions = new Map<string, Collision>();
  for (const file of files) {
    const { path } = file;
    for (const folder of foldersOf(path)) {
      if (present.get(folder) === 'file') collisions.set(folder, { path: folder, obstacle: 'not-a-folder' });
    }
    const there = present.get(path);
    if (there === 'folder') collisions.set(path, { path, obstacle: 'folder' });
    else if (there === undefined || rules.force) writes.push({ file, replaces: there === 'file' });
    else if (rules.isKept(path)) kept.push(path);
    else collisions.set(path, { path, obstacle: 'file' });
  }
  return { writes, kept, collisions: [...collisions.values()] };
}
