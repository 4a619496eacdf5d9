import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceConfig } from '../config/types.js';
import { IgnoreRules } from '../watch/ignore-rules.js';
import { compileRules } from '../watch/match.js';

/** How many folders are watched. */
export interface FolderCount {
  readonly folders: number;
  /** There are more: counting was ended. */
  readonly isPartial: boolean;
}

/** Reading more at once gains nothing; a project that needs more watches than this has told enough. */
const AT_ONCE = 16;
const ENOUGH = 1_000_000;

/** Counts the folders that a service's watcher would subscribe, one watch each. Those that cannot be read count as empty. */
export async function countWatchedFolders(service: ServiceConfig, signal: AbortSignal): Promise<FolderCount> {
  const { cwd, watch, rules, build } = service;
  const ignore = new IgnoreRules({
    root: cwd,
    config: watch,
    rules: compileRules(rules),
    extraIgnore: build === null ? [] : [build.artifact],
    alwaysInclude: [],
  });
  const waiting = [...watch.paths];
  let folders = 0;
  while (waiting.length > 0) {
    if (signal.aborted || folders > ENOUGH) return { folders, isPartial: true };
    const some = waiting.splice(-AT_ONCE);
    folders += some.length;
    const below = await Promise.all(some.map((folder) => subfolders(folder)));
    for (const path of below.flat()) if (ignore.acceptsFolder(path)) waiting.push(path);
  }
  return { folders, isPartial: false };
}

async function subfolders(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [join(folder, entry.name)] : []));
  } catch {
    return [];
  }
}
