import { type Dirent, readdirSync, type Stats } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { type Backend, type BackendFailure, type BackendOptions, isDenied, isLimit } from './backend.js';
import { errorCode } from './content.js';
import { kindOf } from './targets.js';

/** `events`: the system tells of changes. `polling`: every file is looked at again and again. */
export type ChokidarMode = 'events' | 'polling';

// How often polling looks, in ms: noticed within a quarter of a second, at a load that a mounted folder of some
// thousand files bears. chokidar's own 100 ms keeps the 9p and drvfs mounts of WSL busy.
const POLL_INTERVAL = 250;
const POLL_INTERVAL_BINARY = 1000;

// chokidar reads a new folder first and subscribes it afterwards, and drops a second change within 50 ms of the first; polling
// compares with a state that it reads some time after it was told to begin. After this many ms a second look finds what
// fell into such a gap.
const SECOND_LOOK = 100;
const SECOND_LOOK_POLLING = 1000;

// chokidar does not tell of a root that goes away.
const TARGET_CHECK = 1000;

/**
 * chokidar, with events or polling. With events only folders are subscribed, since a watch per file costs three times the
 * start-up time: files are refused by the ignore function, and the raw events of their folders tell of them.
 * Polling has to look at every file that counts.
 */
export class ChokidarBackend implements Backend {
  readonly ready: Promise<void>;
  readonly latency: number;
  readonly secondLook: number | null;
  readonly #options: BackendOptions;
  readonly #mode: ChokidarMode;
  readonly #watchers: readonly FSWatcher[];
  readonly #secondLooks = new Set<NodeJS.Timeout>();
  readonly #targetCheck: NodeJS.Timeout;
  #resolveReady: () => void = () => {};
  #isReady = false;
  #closed = false;

  constructor(options: BackendOptions, mode: ChokidarMode) {
    this.#options = options;
    this.#mode = mode;
    this.secondLook = mode === 'polling' ? SECOND_LOOK_POLLING : null;
    this.latency = mode === 'polling' ? 2 * POLL_INTERVAL_BINARY : 2 * SECOND_LOOK;
    const folders: string[] = [];
    const files: string[] = [];
    for (const target of options.targets) {
      if (target.kind === 'folder') folders.push(target.path);
      else files.push(...[...target.names].map((name) => join(target.folder, name)));
    }
    this.#watchers = [
      ...(folders.length === 0 ? [] : [this.#watchFolders(folders)]),
      ...(files.length === 0 ? [] : [this.#watchFiles(files)]),
    ];
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve;
    });
    const started = this.#watchers.map((watcher) => new Promise<void>((done) => watcher.once('ready', done)));
    void Promise.all(started).then(() => {
      this.#isReady = true;
      this.#resolveReady();
    });
    this.#targetCheck = setInterval(() => this.#checkTargets(folders), TARGET_CHECK);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#targetCheck);
    for (const timer of this.#secondLooks) clearTimeout(timer);
    this.#resolveReady();
    await Promise.all(this.#watchers.map((watcher) => watcher.close()));
  }

  #watchFolders(folders: readonly string[]): FSWatcher {
    const ignored = (path: string, stats?: Stats) => this.#ignores(resolve(path), stats);
    const watcher = watch([...folders], { ...this.#commonOptions(), ignored });
    watcher.on('error', (error) => this.#onError(error));
    watcher.on('addDir', (path) => this.#onFolder(resolve(path)));
    watcher.on('unlinkDir', (path) => this.#touch(path));
    watcher.on('raw', (_event, name, details) => this.#onRaw(name, details));
    watcher.on('add', (path) => this.#onFile(path));
    watcher.on('change', (path) => this.#touch(path));
    watcher.on('unlink', (path) => this.#touch(path));
    return watcher;
  }

  #watchFiles(files: readonly string[]): FSWatcher {
    const watcher = watch([...files], this.#commonOptions());
    watcher.on('error', (error) => this.#onError(error));
    watcher.on('all', (event, path) => {
      if (event === 'add') {
        this.#onFile(path);
        return;
      }
      this.#touch(path);
      this.#lookAgain(() => this.#touch(path));
    });
    return watcher;
  }

  #commonOptions() {
    return {
      ignoreInitial: false,
      followSymlinks: false,
      atomic: false,
      usePolling: this.#mode === 'polling',
      interval: POLL_INTERVAL,
      binaryInterval: POLL_INTERVAL_BINARY,
    };
  }

  /** chokidar asks first without stats, when it does not know yet what is at the path. */
  #ignores(path: string, stats: Stats | undefined): boolean {
    const { acceptsFile, acceptsFolder } = this.#options;
    const ignoresFile = this.#mode === 'events' || !acceptsFile(path);
    if (stats === undefined) return ignoresFile && !acceptsFolder(path);
    return stats.isDirectory() ? !acceptsFolder(path) : ignoresFile;
  }

  #onFile(path: string): void {
    if (this.#closed) return;
    const file = resolve(path);
    if (!this.#isReady) {
      this.#options.handlers.onFound(dirname(file), [basename(file)]);
      return;
    }
    this.#touch(file);
    this.#lookAgain(() => this.#touch(file));
  }

  /** A folder was subscribed, or is about to be. Its files are told by its `add` events when polling, else by reading it. */
  #onFolder(folder: string): void {
    if (this.#closed || this.#mode === 'polling') return;
    if (!this.#isReady) {
      this.#options.handlers.onFound(folder, fileNames(folder));
      return;
    }
    const look = () => {
      for (const name of fileNames(folder)) this.#touch(join(folder, name));
    };
    this.#touch(folder);
    look();
    this.#lookAgain(look);
  }

  #onRaw(name: string | null, details: unknown): void {
    const folder = watchedPath(details);
    if (folder !== null && name !== null) this.#touch(join(folder, name));
  }

  #onError(error: unknown): void {
    if (this.#closed) return;
    const code = errorCode(error);
    if (isLimit(code)) this.#fail({ reason: 'limit', code });
    else if (isDenied(code) && error instanceof Error && 'path' in error) {
      this.#options.handlers.onUnreadable(String(error.path));
    }
  }

  #checkTargets(folders: readonly string[]): void {
    const gone = folders.find((folder) => kindOf(folder) !== 'folder');
    if (gone !== undefined) this.#fail({ reason: 'target-gone', path: gone });
  }

  #fail(failure: BackendFailure): void {
    if (!this.#closed) this.#options.handlers.onFailure(failure);
  }

  #touch(path: string): void {
    if (!this.#closed) this.#options.handlers.onTouched(resolve(path));
  }

  #lookAgain(look: () => void): void {
    const timer = setTimeout(() => {
      this.#secondLooks.delete(timer);
      look();
    }, this.secondLook ?? SECOND_LOOK);
    this.#secondLooks.add(timer);
  }
}

/** chokidar types the details of a raw event as unknown; with events they say which folder it was noticed in. */
function watchedPath(details: unknown): string | null {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return null;
  return typeof details.watchedPath === 'string' ? details.watchedPath : null;
}

function fileNames(folder: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
}
