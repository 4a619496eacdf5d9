import { realpathSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';

/** What a module's file ends with. */
const MODULE = /\.[mc]?[jt]s$/;
/** Declarations and tests are no part of the running app. */
const NO_MODULE = /\.(?:d|test|spec)\.[mc]?[jt]s$|\.d\.[^.]+\.ts$/;
/** A folder of this name holds what function modules import. */
const LIBRARY_FOLDER = 'lib';

/** A folder of function modules, and how its files are told. */
export interface FunctionFolder {
  /** The project: paths for people and on the wire are relative to it. Absolute, without symbolic links. */
  readonly root: string;
  /** Absolute, without symbolic links. */
  readonly path: string;
}

export type FileKind =
  /** A function module, if it exports a function. */
  | 'module'
  /** Source that counts only where a function module imports it: a library, a test, a declaration. */
  | 'source'
  /** No source, or outside of the folder: whether somebody reads it is not known. */
  | 'other';

/** What a file is by its name. */
export function kindOf(folder: FunctionFolder, path: string): FileKind {
  const inside = relative(folder.path, path);
  if (isAbsolute(inside) || inside.startsWith('..') || !MODULE.test(inside)) return 'other';
  const names = inside.split(sep);
  if (names.includes('node_modules')) return 'other';
  const isHidden = names.some((name) => name.startsWith('.') || name.startsWith('_'));
  const isLibrary = names.slice(0, -1).includes(LIBRARY_FOLDER);
  return isHidden || isLibrary || NO_MODULE.test(inside) ? 'source' : 'module';
}

/** The files that can be function modules, sorted, absolute. Rejects where the folder cannot be read. */
export async function findModules(folder: FunctionFolder): Promise<string[]> {
  const entries = await readdir(folder.path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => kindOf(folder, path) === 'module')
    .map(realPath)
    .sort();
}

/** A path as it came (relative to the project, with `/`) as the module loader names the file. */
export function toModulePath(folder: FunctionFolder, path: string): string {
  return realPath(join(folder.root, path));
}

/** Relative to the project, with `/`. */
export function toShownPath(folder: FunctionFolder, path: string): string {
  return relative(folder.root, path).split(sep).join('/');
}

/** Patterns (gitignore semantics, relative to the project) of what can be loaded again: the folder, and files that it imports. */
export function hotPatterns(folder: FunctionFolder, imported: Iterable<string>): string[] {
  const outside = [...imported].filter((path) => kindOf(folder, path) === 'other');
  const patterns = [...outside.map((path) => toShownPath(folder, path))]
    .filter((path) => !path.startsWith('../'))
    .map((path) => `/${escapePattern(path)}`)
    .sort();
  const inside = toShownPath(folder, folder.path);
  if (inside.startsWith('../')) return patterns;
  return [inside === '' ? '/**' : `${escapePattern(inside)}/**`, ...patterns];
}

function escapePattern(path: string): string {
  return path.replaceAll(/[\\*?[\]!#]/g, '\\$&');
}

/** Of a file that is gone the folder's: the loader knew it by that. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPath(folder), path.slice(folder.length + 1));
  }
}
