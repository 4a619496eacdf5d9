import type { CancelTimer, Clock } from '../core/clock.js';
import { CLOCK_GRANULARITY, type Content, readContent } from './content.js';
import type { ContentIndex } from './content-index.js';

export interface BaselineOptions {
  readonly clock: Clock;
  readonly index: ContentIndex;
  /** ms that may pass between a change and the moment when the backend tells of it. */
  readonly latency: number;
  accepts(path: string): boolean;
  /** Whether a change of this path is being looked at right now. */
  isPending(path: string): boolean;
  /** A file that was changed after the start, perhaps before its folder was subscribed. */
  onFresh(path: string): void;
}

// Half of one core at most, in pieces short enough for the gateway's calls: 50,000 files of 0.5 KB take 0.65 s of work
// when read synchronously from the page cache, 3.8 s of CPU when read through the thread pool.
const SLICE = 4;
const PAUSE = 4;

// Small projects are read completely before the watcher says that it is ready (3,000 files in 40 ms).
const FIRST_SLICE = 40;

// Reading more than this would push other things out of the page cache; files beyond it stay unread until they change.
const READ_BYTES = 512 * 1024 * 1024;

interface FreshFile {
  readonly path: string;
  readonly content: Content;
}

/** Reads, in the background, what files contained before the first change, so that a save without a change is told apart. */
export class Baseline {
  readonly #options: BaselineOptions;
  readonly #folders: string[];
  /** Files of the folder in work, last first. */
  #files: string[] = [];
  #fresh: FreshFile[] = [];
  #bytes = 0;
  #cancel: CancelTimer | null = null;
  #closed = false;

  /** Reads for up to 40 ms at once, then goes on in the background. */
  constructor(options: BaselineOptions) {
    this.#options = options;
    this.#folders = [...options.index.folders];
    this.#work(FIRST_SLICE);
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #work(slice: number): void {
    if (this.#closed) return;
    const end = performance.now() + slice;
    while (performance.now() < end) {
      const path = this.#nextFile();
      if (path === null) {
        this.#confirmLater();
        return;
      }
      this.#read(path);
    }
    this.#cancel = this.#options.clock.after(PAUSE, () => this.#work(SLICE));
  }

  #nextFile(): string | null {
    while (this.#files.length === 0) {
      const folder = this.#folders.pop();
      if (folder === undefined) return null;
      this.#files = this.#options.index.filesIn(folder);
    }
    return this.#files.pop() ?? null;
  }

  #read(path: string): void {
    const { index, accepts, onFresh } = this.#options;
    const known = index.get(path);
    if (known?.kind !== 'unread') return;
    if (!accepts(path)) {
      index.delete(path);
      return;
    }
    if (this.#bytes > READ_BYTES) return;
    const { content, touchedAt } = readContent(path);
    if (content.kind === 'hashed') this.#bytes += content.size;
    if (content.kind === 'absent' || content.kind === 'folder') return;
    if (touchedAt > known.since) onFresh(path);
    else if (touchedAt > known.since - CLOCK_GRANULARITY) this.#fresh.push({ path, content });
    else index.set(path, content);
  }

  /**
   * A file stamped with the tick of the start may have been saved just after it, with the event still on its way: its
   * content becomes the baseline only when that time has passed without one.
   */
  #confirmLater(): void {
    if (this.#fresh.length === 0) return;
    this.#cancel = this.#options.clock.after(this.#options.latency, () => {
      // A timer runs before the events of its turn are delivered, an immediate after them.
      setImmediate(() => this.#confirm());
    });
  }

  #confirm(): void {
    const { index, isPending } = this.#options;
    const fresh = this.#fresh;
    this.#fresh = [];
    if (this.#closed) return;
    for (const { path, content } of fresh) {
      if (index.get(path)?.kind === 'unread' && !isPending(path)) index.set(path, content);
    }
  }
}
