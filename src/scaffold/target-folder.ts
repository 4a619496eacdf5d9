import { lstat, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EntryKind, ScaffoldFile } from './types.js';

/** What a folder for a project is before anything is written. */
export type TargetFolder =
  | { readonly state: 'missing' }
  | { readonly state: 'folder'; readonly entries: readonly string[] }
  | { readonly state: 'not-a-folder' }
  | { readonly state: 'unreadable'; readonly message: string };

/** What a new repository or an editor puts into a folder before there is a project in it. */
const HARMLESS =
  /^(?:\.git|\.gitignore|\.gitattributes|\.github|\.editorconfig|\.vscode|\.idea|\.DS_Store|Thumbs\.db|\.croupier|(?:readme|licen[cs]e|copying|notice|contributing)(?:\..+)?)$/i;

/** Files of a new repository that are kept where a template has one as well. */
const KEPT = /^(?:\.gitignore|readme(?:\..+)?)$/i;

/** Looks at a folder that may not be there. */
export async function lookAtFolder(folder: string): Promise<TargetFolder> {
  try {
    return { state: 'folder', entries: (await readdir(folder)).sort() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT') return { state: 'missing' };
    if (code === 'ENOTDIR') return { state: 'not-a-folder' };
    return { state: 'unreadable', message: error instanceof Error ? error.message : String(error) };
  }
}

/** The entries of a folder that belong to a project. */
export function projectEntries(entries: readonly string[]): readonly string[] {
  return entries.filter((name) => !HARMLESS.test(name));
}

/** Whether a file that is there already stays, without that being in the way of a template. */
export function isKept(path: string): boolean {
  return KEPT.test(path);
}

/** What there is already at the paths of the files and of the folders that they go into; nothing: no entry. */
export async function lookUp(
  folder: string,
  files: readonly ScaffoldFile[],
): Promise<ReadonlyMap<string, EntryKind>> {
  const paths = new Set(files.flatMap(({ path }) => [path, ...foldersOf(path)]));
  const kinds = await Promise.all(
    [...paths].map(async (path) => ({ path, kind: await kindOf(join(folder, path)) })),
  );
  const present = new Map<string, EntryKind>();
  for (const { path, kind } of kinds) if (kind !== null) present.set(path, kind);
  return present;
}

/** `a/b/c.ts`: `a/b` and `a`. */
export function foldersOf(path: string): readonly string[] {
  const folders: string[] = [];
  for (let at = dirname(path); at !== '.'; at = dirname(at)) folders.push(at);
  return folders;
}

async function kindOf(path: string): Promise<EntryKind | null> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    // A file stands where a folder is needed: that one is found under its own path.
    if (code === 'ENOTDIR') return null;
    return code === 'ENOENT' && !(await isLink(path)) ? null : 'file';
  }
}

/** A link that leads nowhere is there, after all. */
async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}
