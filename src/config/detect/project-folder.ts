import { accessSync, constants } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { type EntryKind, kindOf, type Listing, listFolder, NO_ENTRIES, readLimited } from './read-folder.js';

/**
 * What one language may read, so that detection takes a few milliseconds in a project of any size. What lies beyond is as if it
 * were not there.
 */
const MAX_FILES = 120;
const MAX_FOLDERS = 80;

/** Build files are read whole or not at all, in bytes. */
const MAX_BYTES = 256 * 1024;

/** Of sources only the beginning is read, in bytes. */
const HEAD_BYTES = 32 * 1024;

/** How many folders above are looked at. */
const MAX_LEVELS = 10;

/** Never a part of the project's own sources. Folders that begin with a dot are left out as well. */
const FOREIGN_FOLDERS: ReadonlySet<string> = new Set([
  'node_modules',
  'bower_components',
  'vendor',
  'venv',
  'env',
  '__pycache__',
  'site-packages',
  'target',
  'deps',
  '_build',
  'obj',
  'testdata',
  'third_party',
]);

interface Cache {
  readonly listings: Map<string, Listing>;
  readonly texts: Map<string, string | null>;
}

/**
 * Bounded, cached reading of a project's folder. Paths are relative to it, with `/`, and `.` is the folder itself.
 * Files are read at once rather than through Node's thread pool: there are few and small ones, and on a busy machine each turn of
 * the pool takes many times as long as the read. `async` is the interface, not a promise of parallel work.
 */
export class ProjectFolder {
  /** Absolute. */
  readonly path: string;
  readonly #cache: Cache;
  /** What this reader has read. What it may read does not depend on what others put into the cache before. */
  readonly #readFiles = new Set<string>();
  readonly #readFolders = new Set<string>();

  /** `path` is absolute. */
  constructor(path: string, cache: Cache = { listings: new Map(), texts: new Map() }) {
    this.path = path;
    this.#cache = cache;
  }

  /** The same folder for another reader, which has limits of its own: what one language reads never blinds another. */
  share(): ProjectFolder {
    return new ProjectFolder(this.path, this.#cache);
  }

  /** Names of the files in a folder, sorted; links to files included. */
  async files(folder = '.'): Promise<readonly string[]> {
    return (await this.#list(folder)).files;
  }

  /** Names of the folders in a folder, sorted, without hidden ones and those that hold no sources of the project. */
  async folders(folder = '.'): Promise<readonly string[]> {
    const { folders } = await this.#list(folder);
    return folders.filter((name) => !name.startsWith('.') && !FOREIGN_FOLDERS.has(name));
  }

  async hasFile(path: string): Promise<boolean> {
    return this.#has(path, 'files');
  }

  async hasFolder(path: string): Promise<boolean> {
    return this.#has(path, 'folders');
  }

  /** The first of some files that is there; null: none is. */
  async firstFile(paths: readonly string[]): Promise<string | null> {
    for (const path of paths) if (await this.hasFile(path)) return path;
    return null;
  }

  /** The text of a build file; null where it is not there, cannot be read or is larger than such files are. */
  async read(path: string): Promise<string | null> {
    return this.#read(path, MAX_BYTES, true);
  }

  /** The beginning of a source file; empty where it cannot be read. */
  async head(path: string): Promise<string> {
    return (await this.#read(path, HEAD_BYTES, false)) ?? '';
  }

  async isExecutable(path: string): Promise<boolean> {
    try {
      accessSync(join(this.path, path), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * The nearest folder, this one or one above it, that has one of some files, as a path relative to this one (`.`, `..`,
   * `../..`); null: none has one up to the repository's top.
   */
  async findFileAbove(...names: readonly string[]): Promise<string | null> {
    return this.#findAbove(names, 'file');
  }

  /** The same for folders. */
  async findFolderAbove(...names: readonly string[]): Promise<string | null> {
    return this.#findAbove(names, 'folder');
  }

  #findAbove(names: readonly string[], kind: EntryKind): string | null {
    let folder = this.path;
    for (let level = 0; level < MAX_LEVELS; level++) {
      if (names.some((name) => kindOf(join(folder, name)) === kind)) {
        return relative(this.path, folder).split(sep).join('/') || '.';
      }
      if (folder === dirname(folder) || kindOf(join(folder, '.git')) !== 'none') return null;
      folder = dirname(folder);
    }
    return null;
  }

  #has(path: string, kind: 'files' | 'folders'): boolean {
    const normal = posix.normalize(path);
    if (normal === '.') return kind === 'folders';
    if (!normal.startsWith('..')) {
      const parent = posix.dirname(normal);
      // Asked level by level, so that a path below a folder that is not there costs no look of its own.
      if (parent !== '.' && !this.#has(parent, 'folders')) return false;
      const listing = this.#list(parent);
      if (listing[kind].includes(posix.basename(normal))) return true;
      if (!listing.truncated) return false;
    }
    return kindOf(join(this.path, normal)) === (kind === 'files' ? 'file' : 'folder');
  }

  #list(folder: string): Listing {
    const path = posix.normalize(folder);
    if (!isAllowed(this.#readFolders, path, MAX_FOLDERS)) return NO_ENTRIES;
    const known = this.#cache.listings.get(path) ?? listFolder(join(this.path, path));
    this.#cache.listings.set(path, known);
    return known;
  }

  #read(path: string, limit: number, whole: boolean): string | null {
    const key = `${limit} ${posix.normalize(path)}`;
    if (!this.#has(path, 'files') || !isAllowed(this.#readFiles, key, MAX_FILES)) return null;
    const known = this.#cache.texts.get(key);
    if (known !== undefined) return known;
    const text = readLimited(join(this.path, path), limit, whole);
    this.#cache.texts.set(key, text);
    return text;
  }
}

function isAllowed(read: Set<string>, key: string, most: number): boolean {
  if (read.has(key)) return true;
  if (read.size >= most) return false;
  read.add(key);
  return true;
}
