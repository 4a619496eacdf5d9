import { type Dirent, type FSWatcher, lstatSync, readdirSync, watch } from 'node:fs';
import { basename, join } from 'node:path';
import { type Backend, type BackendOptions, isDenied, isLimit } from './backend.js';
import { errorCode } from './content.js';
import { contains, kindOf } from './targets.js';

/** The file system calls of the backend, so that tests can let them fail. */
export interface FolderAccess {
  watch(folder: string, listener: (event: string, name: string | null) => void): FSWatcher;
  read(folder: string): Dirent[];
}

export const realFolderAccess: FolderAccess = {
  watch: (folder, listener) => watch(folder, { encoding: 'utf8' }, listener),
  read: (folder) => readdirSync(folder, { withFileTypes: true }),
};

interface Step {
  readonly folder: string;
  /** `found`: part of the start; `touched`: came later, so everything in it is news. */
  readonly report: 'found' | 'touched';
}

// Work on the event loop in one go, in ms. The gateway shares the loop.
const SLICE = 8;

// inotify queues 16,384 events (fs.inotify.max_queued_events) and drops the rest without a word that Node passes on. When
// a burst reaches half of that the event loop may have been too slow; a burst ends with a second of silence.
const RISKY_BURST = 8192;
const BURST_END = 1000;

/**
 * Holds one non-recursive `fs.watch` per folder. A folder is subscribed before it is read, so nothing that is created in
 * between is lost, and a folder that is created or renamed is always subscribed anew, since its path may be another folder now.
 */
export class NativeBackend implements Backend {
  readonly ready: Promise<void>;
  readonly latency = 20;
  readonly secondLook = null;
  readonly #options: BackendOptions;
  readonly #access: FolderAccess;
  readonly #folders = new Map<string, FSWatcher>();
  readonly #singles: FSWatcher[] = [];
  readonly #unreadable = new Set<string>();
  readonly #steps: Step[] = [];
  #scheduled: NodeJS.Immediate | null = null;
  #resolveReady: () => void = () => {};
  #burst = 0;
  #burstTimer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: BackendOptions, access: FolderAccess = realFolderAccess) {
    this.#options = options;
    this.#access = access;
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve;
    });
    for (const target of options.targets) {
      if (target.kind === 'folder') this.#steps.push({ folder: target.path, report: 'found' });
    }
    this.#scheduled = setImmediate(() => {
      for (const target of options.targets) {
        if (target.kind === 'files') this.#subscribeFiles(target.folder, target.names);
      }
      this.#walk();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#scheduled !== null) clearImmediate(this.#scheduled);
    if (this.#burstTimer !== null) clearTimeout(this.#burstTimer);
    for (const watcher of [...this.#folders.values(), ...this.#singles]) watcher.close();
    this.#folders.clear();
    this.#steps.length = 0;
    this.#resolveReady();
  }

  // Reads synchronously: 2,500 folders take 0.1 s so, and several times that through the thread pool.
  #walk(): void {
    this.#scheduled = null;
    const end = performance.now() + SLICE;
    while (!this.#closed) {
      const step = this.#steps.pop();
      if (step === undefined) {
        this.#resolveReady();
        return;
      }
      this.#enter(step);
      if (performance.now() > end && this.#steps.length > 0) {
        this.#scheduled = setImmediate(() => this.#walk());
        return;
      }
    }
  }

  #enter({ folder, report }: Step): void {
    const { handlers, acceptsFolder } = this.#options;
    const entries = this.#subscribe(folder);
    if (entries === null) return;
    const names: string[] = [];
    for (const entry of entries) {
      if (!entry.isDirectory()) names.push(entry.name);
      else if (acceptsFolder(join(folder, entry.name))) {
        this.#steps.push({ folder: join(folder, entry.name), report });
      }
    }
    if (report === 'found') handlers.onFound(folder, names);
    else for (const name of names) handlers.onTouched(join(folder, name));
  }

  /** The folder's entries, or null when there is nothing to see. */
  #subscribe(folder: string): Dirent[] | null {
    try {
      if (!this.#folders.has(folder)) {
        const watcher = this.#access.watch(folder, (event, name) => this.#onEvent(folder, event, name));
        // On Windows a watched folder that is deleted ends in EPERM; its parent tells of the deletion.
        watcher.on('error', () => this.#leave(folder));
        this.#folders.set(folder, watcher);
      }
      const entries = this.#access.read(folder);
      this.#unreadable.delete(folder);
      return entries;
    } catch (error) {
      const code = errorCode(error);
      this.#leave(folder);
      if (isLimit(code)) this.#fail(code);
      else if (isDenied(code) && !this.#unreadable.has(folder)) {
        this.#unreadable.add(folder);
        this.#options.handlers.onUnreadable(folder);
      }
      // Anything else: it is gone again, and its parent tells.
      return null;
    }
  }

  #subscribeFiles(folder: string, names: ReadonlySet<string>): void {
    const { handlers } = this.#options;
    try {
      const watcher = this.#access.watch(folder, (_event, name) => {
        if (!this.#closed && name !== null && names.has(name)) handlers.onTouched(join(folder, name));
      });
      watcher.on('error', () => {});
      this.#singles.push(watcher);
      const present = this.#access
        .read(folder)
        .filter((entry) => !entry.isDirectory() && names.has(entry.name));
      handlers.onFound(
        folder,
        present.map((entry) => entry.name),
      );
    } catch (error) {
      const code = errorCode(error);
      if (isLimit(code)) this.#fail(code);
    }
  }

  #fail(code: string): void {
    this.#steps.length = 0;
    this.#options.handlers.onFailure({ reason: 'limit', code });
  }

  #onEvent(folder: string, event: string, name: string | null): void {
    if (this.#closed) return;
    this.#countEvent();
    // Without a name the system tells only that something happened in the folder.
    if (name === null) {
      this.#later({ folder, report: 'touched' });
      return;
    }
    const path = join(folder, name);
    if (event === 'rename') this.#onRenamed(folder, path);
    else if (this.#unreadable.has(path)) this.#later({ folder: path, report: 'touched' });
    else if (!this.#folders.has(path)) this.#options.handlers.onTouched(path);
  }

  /** Something appeared at a path or went away from it. */
  #onRenamed(folder: string, path: string): void {
    const { handlers, acceptsFolder, targets } = this.#options;
    // A folder that goes away says so itself as well, under its own name.
    if (
      basename(folder) === basename(path) &&
      targets.some((one) => one.kind === 'folder' && one.path === folder)
    ) {
      if (kindOf(folder) !== 'folder') {
        this.#leave(folder);
        handlers.onFailure({ reason: 'target-gone', path: folder });
        return;
      }
    }
    const isFolder = isRealFolder(path);
    if (isFolder || this.#folders.has(path)) this.#leave(path);
    if (isFolder && !acceptsFolder(path)) return;
    handlers.onTouched(path);
    if (isFolder) this.#later({ folder: path, report: 'touched' });
  }

  /** Walks at once unless a walk is under way. */
  #later(step: Step): void {
    this.#steps.push(step);
    if (this.#scheduled === null) this.#walk();
  }

  #leave(folder: string): void {
    for (const [path, watcher] of this.#folders) {
      if (!contains(folder, path)) continue;
      watcher.close();
      this.#folders.delete(path);
    }
    this.#unreadable.delete(folder);
  }

  #countEvent(): void {
    this.#burst++;
    if (this.#burstTimer !== null) {
      this.#burstTimer.refresh();
      return;
    }
    this.#burstTimer = setTimeout(() => {
      const wasRisky = this.#burst > RISKY_BURST;
      this.#burst = 0;
      this.#burstTimer = null;
      if (wasRisky) this.#options.handlers.onFailure({ reason: 'changes-lost' });
    }, BURST_END);
  }
}

/** Not a link to one: what links point to is watched where it lies. */
function isRealFolder(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}
