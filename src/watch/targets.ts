import { statSync } from 'node:fs';
import { basename, dirname, sep } from 'node:path';

/** What is subscribed: a folder with everything below it, or single files of a folder. Absolute paths. */
export type WatchTarget =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'files'; readonly folder: string; readonly names: ReadonlySet<string> };

export interface ResolvedTargets {
  readonly targets: readonly WatchTarget[];
  /** Asked for, but not there (or not readable) now. */
  readonly missing: readonly string[];
}

/**
 * Sorts paths into folders and files. `asked` come from the configuration and are missed when they are not there; `extra`
 * are single files that may appear later. What lies in a folder that is watched anyway is left out.
 */
export function resolveTargets(asked: readonly string[], extra: readonly string[]): ResolvedTargets {
  const folders: string[] = [];
  const files = [...extra];
  const missing: string[] = [];
  for (const path of new Set(asked)) {
    const kind = kindOf(path);
    if (kind === 'folder') folders.push(path);
    else if (kind === 'file') files.push(path);
    else missing.push(path);
  }
  const outer = folders.filter((one) => !folders.some((other) => other !== one && contains(other, one)));
  const byFolder = new Map<string, Set<string>>();
  for (const file of files) {
    if (outer.some((folder) => contains(folder, file))) continue;
    const names = byFolder.get(dirname(file)) ?? new Set<string>();
    byFolder.set(dirname(file), names.add(basename(file)));
  }
  return {
    targets: [
      ...outer.map((path): WatchTarget => ({ kind: 'folder', path })),
      ...[...byFolder]
        .filter(([folder]) => kindOf(folder) === 'folder')
        .map(([folder, names]): WatchTarget => ({ kind: 'files', folder, names })),
    ],
    missing,
  };
}

/** Whether `path` is `folder` or lies below it. */
export function contains(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Follows symbolic links: a path that was named may be one. */
export function kindOf(path: string): 'folder' | 'file' | 'none' {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return 'none';
    return stats.isDirectory() ? 'folder' : 'file';
  } catch {
    return 'none';
  }
}
