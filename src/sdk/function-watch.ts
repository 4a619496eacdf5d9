import type { EventEmitter } from 'node:events';
import { isAbsolute, join, relative } from 'node:path';
import { systemClock } from '../core/clock.js';
import type { Watcher } from '../watch/types.js';
import type { FunctionModules } from './function-modules.js';
import type { HotReload } from './hot-reload.js';
import type { ServiceEvents } from './service-events.js';

/** Without a change for this time (ms) a batch is reloaded: editors and formatters save several files in a row. */
const QUIET_MS = 100;

export interface FunctionWatchOptions {
  readonly modules: FunctionModules;
  readonly hotReload: HotReload;
  readonly events: EventEmitter<ServiceEvents>;
  /** Files cannot be watched, or not all of them: a sentence for people. */
  readonly onProblem: (message: string) => void;
}

/** Watches a folder of functions, and what its modules import from outside of it. */
export class FunctionWatch {
  readonly #options: FunctionWatchOptions;
  #watcher: Watcher | null = null;
  #outside: readonly string[] = [];
  #closed = false;

  constructor(options: FunctionWatchOptions) {
    this.#options = options;
  }

  /** Resolves when changes will be noticed. */
  async start(): Promise<void> {
    // A service that does not watch does not pay for it.
    const { watchService } = await import('../watch/watch.js');
    if (this.#closed) return;
    const { folder } = this.#options.modules;
    this.#outside = this.#findOutside();
    this.#watcher = watchService({
      root: folder.path,
      config: {
        paths: ['.'],
        extensions: [],
        ignore: [],
        // It was asked for: a folder that a compiler writes is ignored in most projects.
        gitignore: false,
        quiet: QUIET_MS,
        polling: 'auto',
      },
      rules: [],
      extraIgnore: [],
      alwaysInclude: this.#outside,
      clock: systemClock,
      handlers: {
        onOpen() {},
        onGrow() {},
        onBatch: (batch) => void this.#reload(batch.paths),
        onNotice: (level, message) => {
          if (level !== 'info') this.#options.onProblem(message);
        },
      },
    });
    await this.#watcher.ready;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#watcher?.close();
  }

  async #reload(paths: readonly string[]): Promise<void> {
    const { modules, hotReload, events } = this.#options;
    const changed = paths.map((path) => modules.shown(join(modules.folder.path, path)));
    const result = await hotReload.reload(changed, []);
    // Nobody else is there to see to it.
    if (result.ok && result.value.outcome === 'needs-restart') {
      events.emit('restartNeeded', { reason: result.value.reason });
    }
    const outside = this.#findOutside();
    if (this.#closed || outside.join('\n') === this.#outside.join('\n')) return;
    // What they import is another set of files.
    const before = this.#watcher;
    await this.start();
    await before?.close();
  }

  #findOutside(): string[] {
    const { modules } = this.#options;
    const isOutside = (path: string) => {
      const inside = relative(modules.folder.path, path);
      return inside.startsWith('..') || isAbsolute(inside);
    };
    return modules.files().filter(isOutside).sort();
  }
}
