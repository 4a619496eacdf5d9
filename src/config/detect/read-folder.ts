import { closeSync, type Dirent, fstatSync, opendirSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Entries of a folder that are looked at. */
const MAX_ENTRIES = 2000;

/** What is in a folder. */
export interface Listing {
  /** Sorted, so that what is found does not depend on the file system. */
  readonly files: readonly string[];
  readonly folders: readonly string[];
  /** There are more entries. */
  readonly truncated: boolean;
}

export const NO_ENTRIES: Listing = { files: [], folders: [], truncated: false };

/** Lists a folder (absolute); empty where it cannot be read. */
export function listFolder(path: string): Listing {
  const files: string[] = [];
  const folders: string[] = [];
  let count = 0;
  try {
    const folder = opendirSync(path, { bufferSize: 256 });
    try {
      for (
        let entry = folder.readSync();
        entry !== null && ++count <= MAX_ENTRIES;
        entry = folder.readSync()
      ) {
        const kind = kindOfEntry(path, entry);
        if (kind === 'file') files.push(entry.name);
        else if (kind === 'folder') folders.push(entry.name);
      }
    } finally {
      folder.closeSync();
    }
  } catch {
    return NO_ENTRIES;
  }
  return { files: files.sort(), folders: folders.sort(), truncated: count > MAX_ENTRIES };
}

/** Pipes and devices are nothing to us: to open one could wait for ever. */
export type EntryKind = 'file' | 'folder' | 'other' | 'none';

function kindOfEntry(folder: string, entry: Dirent): EntryKind {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? kindOf(join(folder, entry.name)) : 'other';
}

/** Follows symbolic links. */
export function kindOf(path: string): EntryKind {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return 'none';
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
  } catch {
    return 'none';
  }
}

/** The first bytes of a file as text; null where it cannot be read, or is larger though it is wanted as a whole. */
export function readLimited(path: string, limit: number, whole: boolean): string | null {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      if (whole && size > limit) return null;
      const buffer = Buffer.alloc(Math.min(size, limit));
      const length = readSync(file, buffer, 0, buffer.length, 0);
      return buffer.toString('utf8', 0, length).replace(/^\uFEFF/, '');
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}
