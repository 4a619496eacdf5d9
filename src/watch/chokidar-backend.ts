import { type Dirent, readdirSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { type Backend, type BackendOptions, isDenied, isLimit } from './backend.js';
import { errorCode, isMissing } from './content.js';
import { contains, kindOf } from './targets.js';

export type ChokidarMode = 'events' | 'polling';

// How often polling looks, in ms: noticed within a quarter of a second, at a load that a mounted folder of some
// thousand files bears. chokidar's own 100 ms keeps the 9p and drvfs mounts of WSL busy.
const POLL_INTERVAL = 250;
const POLL_INTERVAL_BINARY = 1000;

// chokidar reads a new folder first and subscribes it afterwards; this much later, in ms, it certainly has.
const SECOND_LOOK = 100;

/**
 * chokidar, with events or polling. With events only folders are subscribed (a watch per file takes four times as long and twice
 * the memory): files are refused by the ignore function, and the raw events of their folders tell of them.
 */
export class ChokidarBackend implements Backend {
  readonly ready: Promise<void>;
  readonly latency: number;
  readonly #options: BackendOptions;
  readonly #mode: ChokidarMode;
  readonly #watchers: FSWatcher[];
  readonly #timers = new Set<NodeJS.Timeout>();
  #isReady = false;
  #closed = false;

  constructor(options: BackendOptions, mode: ChokidarMode) {
    this.#options = options;
    this.#mode = mode;
    this.latency = mode === 'polling' ? 2 * POLL_INTERVAL_BINARY : SECOND_LOOK;
    const folders: string[] = [];
    const files: string[] = [];
    for (const target of options.targets) {
      if (target.kind === 'folder') folders.push(target.path);
      else files.push(...[...target.names].map((name) => join(target.folder, name)));
    }
    this.#watchers = [this.#watchFolders(folders), this.#watchFiles(files)];
    this.ready = Promise.all(this.#watchers.map(whenReady)).then(() => {
      this.#isReady = true;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const watcher of this.#watchers) watcher.emit('ready');
    await Promise.all(this.#watchers.map((watcher) => watcher.close()));
  }

  #watchFolders(folders: readonly string[]): FSWatcher {
    const { handlers } = this.#options;
    const watcher = watch([...folders], {
      ...this.#chokidarOptions(),
      ignored: (path, stats) => this.#ignores(resolve(path), stats),
    });
    watcher.on('error', (error) => this.#onError(error));
    watcher.on('addDir', (path) => this.#onFolder(resolve(path)));
    watcher.on('unlinkDir', (path) => this.#onFolderGone(resolve(path)));
    if (this.#mode === 'events') {
      watcher.on('raw', (_event, name, details) => this.#onRaw(name, details));
      return watcher;
    }
    watcher.on('add', (path) => {
      if (this.#isReady) this.#touched(path);
    });
    watcher.on('change', (path) => this.#touched(path));
    watcher.on('unlink', (path) => this.#touched(path));
    handlers.onFound(dirname('.'), []);
    return watcher;
  }

  #watchFiles(files: readonly string[]): FSWatcher {
    const watcher = watch([...files], this.#chokidarOptions());
    watcher.on('error', (error) => this.#onError(error));
    watcher.on('all', (_event, path) => {
      if (this.#isReady) this.#touched(path);
      else this.#options.handlers.onFound(dirname(resolve(path)), [path]);
    });
    return watcher;
  }

  #chokidarOptions() {
    return {
      ignoreInitial: false,
      followSymlinks: false,
      atomic: false,
      usePolling: this.#mode === 'polling',
      interval: POLL_INTERVAL,
      binaryInterval: POLL_INTERVAL_BINARY,
    };
  }

  #ignores(path: string, stats: Stats | undefined): boolean {
    const { acceptsFile, acceptsFolder } = this.#options;
    if (stats === undefined) return !acceptsFolder(path) && (this.#mode === 'events' || !acceptsFile(path));
    if (stats.isDirectory()) return !acceptsFolder(path);
    return this.#mode === 'events' || !acceptsFile(path);
  }

  #touched(path: string): void {
    if (!this.#closed) this.#options.handlers.onTouched(resolve(path));
  }
}
