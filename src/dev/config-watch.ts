import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { WatchConfig } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import type { Watcher, WatchHandlers } from '../watch/types.js';
import { watchService } from '../watch/watch.js';

/** Settings are saved seldom, and reading them is more than looking at a file: a save in several steps is waited for, ms. */
const QUIET_MS = 50;

export interface ConfigWatchOptions {
  readonly clock: Clock;
  readonly polling: WatchConfig['polling'];
  /** The content of these files changed; absolute paths, as they were given to watch(). */
  onChange(files: readonly string[]): void;
  readonly onNotice: WatchHandlers['onNotice'];
}

interface WatchedFolder {
  /** The file as it was given, by the name that it has in this folder. */
  readonly files: ReadonlyMap<string, string>;
  readonly watcher: Watcher;
}

/**
 * Watches single files, whether or not they are there: the configuration and the files of variables. A folder is watched for each, but
 * nothing below it: files are replaced by renaming, and a watch on the file itself would end with that.
 */
export class ConfigWatch {
  readonly #options: ConfigWatchOptions;
  #folders = new Map<string, WatchedFolder>();
  #isPaused = false;

  constructor(options: ConfigWatchOptions) {
    this.#options = options;
  }

  /** Resolves when changes of what is watched now will be noticed. */
  async ready(): Promise<void> {
    await Promise.all([...this.#folders.values()].map(({ watcher }) => watcher.ready));
  }

  /** From now on these files are watched and no others. */
  watch(files: readonly string[]): void {
    const before = this.#folders;
    this.#folders = new Map();
    for (const [folder, names] of byFolder(files)) {
      const known = before.get(folder);
      if (known !== undefined && isDeepStrictEqual(known.files, names)) {
        before.delete(folder);
        this.#folders.set(folder, known);
      } else {
        this.#folders.set(folder, { files: names, watcher: this.#open(folder, names) });
      }
    }
    for (const { watcher } of before.values()) void watcher.close();
  }

  /** What changes from now on is told by resume(). */
  pause(): void {
    this.#isPaused = true;
    for (const { watcher } of this.#folders.values()) watcher.pause();
  }

  resume(): void {
    this.#isPaused = false;
    for (const { watcher } of this.#folders.values()) watcher.resume();
  }

  async close(): Promise<void> {
    const watchers = [...this.#folders.values()].map(({ watcher }) => watcher);
    this.#folders.clear();
    await Promise.all(watchers.map((watcher) => watcher.close()));
  }

  #open(folder: string, names: ReadonlyMap<string, string>): Watcher {
    const { clock, polling, onNotice } = this.#options;
    const watcher = watchService({
      root: folder,
      config: { paths: [folder], extensions: [], ignore: ['*'], gitignore: false, quiet: QUIET_MS, polling },
      rules: [],
      extraIgnore: [],
      alwaysInclude: [...names.keys()].map((name) => join(folder, name)),
      clock,
      handlers: {
        onOpen: () => {},
        onGrow: () => {},
        onBatch: ({ paths }) => this.#tell(paths.flatMap((path) => names.get(path) ?? [])),
        onNotice,
      },
    });
    if (this.#isPaused) watcher.pause();
    return watcher;
  }

  #tell(files: readonly string[]): void {
    if (files.length > 0) this.#options.onChange([...new Set(files)]);
  }
}

/** By folder, then by name. A link counts for itself and for what it leads to now. */
function byFolder(files: readonly string[]): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const folders = new Map<string, Map<string, string>>();
  for (const file of files) {
    for (const path of new Set([file, targetOf(file)])) {
      const names = folders.get(dirname(path)) ?? new Map<string, string>();
      folders.set(dirname(path), names.set(basename(path), file));
    }
  }
  return folders;
}

function targetOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
