import type { CancelTimer, Clock } from '../core/clock.js';
import { CLOCK_GRANULARITY, type Content, isSameContent, type KnownContent, readContent } from './content.js';
import type { ContentIndex } from './content-index.js';

/** A file whose content is no longer what it was. `path` is absolute; `at` is the clock's time of noticing. */
export interface FileChange {
  readonly path: string;
  readonly before: KnownContent;
  readonly after: Content;
  readonly at: number;
}

export interface DetectorOptions {
  readonly clock: Clock;
  readonly index: ContentIndex;
  /** ms to wait before a state is believed that editors and tools leave behind for a moment. */
  readonly settle: number;
  accepts(path: string): boolean;
  /** Whether the watched folder that holds this path is gone as a whole: moved away, or not mounted for a while. */
  isGone(path: string): boolean;
  /** Work on the event loop in one go, in ms. Default: 8. */
  readonly slice?: number;
  onChange(change: FileChange): void;
  /** More is being looked at: what belongs together is not complete yet. */
  onBusy(): void;
}

// Work on the event loop in one go, in ms: the gateway shares the loop, and a call should not wait longer than this.
const SLICE = 8;

/** The default of `settle`: the gap between truncating and writing, or between unlink and create, is under 1 ms in editors. */
export const SETTLE = 10;

/** Turns hints that something happened at a path into changes of content. */
export class ChangeDetector {
  readonly #options: DetectorOptions;
  readonly #queue = new Set<string>();
  /** Paths that are missing, new, or suddenly empty, with the time from which that is believed. */
  readonly #unsettled = new Map<string, number>();
  #cancelSettle: CancelTimer | null = null;
  #drain: NodeJS.Immediate | null = null;
  #sliceStart: number | null = null;
  #closed = false;

  constructor(options: DetectorOptions) {
    this.#options = options;
  }

  /** Something may have happened at this path. Looks at once, unless this turn of the event loop has had its share. */
  touch(path: string): void {
    if (this.#closed) return;
    this.#queue.add(path);
    if (this.#drain !== null) return;
    if (this.#sliceStart === null) {
      this.#sliceStart = performance.now();
      // Immediates run when the events of this turn have been delivered.
      setImmediate(() => {
        this.#sliceStart = null;
      });
    }
    this.#work(this.#sliceStart);
  }

  /** Whether a decision about this path is still to come. */
  isPending(path: string): boolean {
    return this.#queue.has(path) || this.#unsettled.has(path);
  }

  close(): void {
    this.#closed = true;
    this.#queue.clear();
    this.#unsettled.clear();
    this.#cancelSettle?.();
    if (this.#drain !== null) clearImmediate(this.#drain);
  }

  #work(start: number): void {
    for (const path of this.#queue) {
      if (performance.now() - start > (this.#options.slice ?? SLICE)) {
        this.#workLater();
        return;
      }
      this.#queue.delete(path);
      this.#look(path);
      if (this.#closed) return;
    }
  }

  #workLater(): void {
    this.#options.onBusy();
    this.#drain = setImmediate(() => {
      this.#drain = null;
      this.#work(performance.now());
    });
  }

  #look(path: string): void {
    const { index, clock } = this.#options;
    const { content, touchedAt } = readContent(path);
    const known = index.get(path);
    if (content.kind === 'folder' || (content.kind === 'absent' && known === undefined)) {
      for (const file of index.filesBelow(path)) this.#queue.add(file);
    }
    const after: Content = content.kind === 'folder' ? { kind: 'absent' } : content;
    if (!this.#options.accepts(path) || after.kind === 'special') {
      this.#unsettled.delete(path);
      return;
    }
    if (isFleeting(known, after) && !this.#isBelieved(path)) return;
    this.#unsettled.delete(path);
    // When the folder is back, its files are compared with what they were before.
    if (after.kind === 'absent' && this.#options.isGone(path)) return;
    if (after.kind === 'absent') index.delete(path);
    else index.set(path, after);
    const before: KnownContent = known ?? { kind: 'absent' };
    if (
      before.kind === 'unread' &&
      after.kind !== 'absent' &&
      touchedAt <= before.since - CLOCK_GRANULARITY
    ) {
      return;
    }
    if (!isSameContent(before, after)) this.#options.onChange({ path, before, after, at: clock.now() });
  }

  #isBelieved(path: string): boolean {
    const { clock, settle, onBusy } = this.#options;
    const due = this.#unsettled.get(path);
    if (due !== undefined) return clock.now() >= due;
    this.#unsettled.set(path, clock.now() + settle);
    this.#cancelSettle ??= clock.after(settle, () => this.#settle());
    onBusy();
    return false;
  }

  #settle(): void {
    const { clock } = this.#options;
    this.#cancelSettle = null;
    const now = clock.now();
    for (const [path, due] of this.#unsettled) if (due <= now) this.touch(path);
    const next = Math.min(...this.#unsettled.values());
    if (this.#closed || this.#cancelSettle !== null || next === Number.POSITIVE_INFINITY) return;
    this.#cancelSettle = clock.after(Math.max(1, next - now), () => this.#settle());
  }
}

/**
 * Whether this may be the middle of a save: editors write a new file and rename it over the old one, unlink and create, or
 * truncate and write. A known file with other content is a save for certain and does not wait.
 */
function isFleeting(known: KnownContent | undefined, after: Content): boolean {
  if (after.kind === 'absent') return known !== undefined;
  if (known === undefined) return true;
  return isEmpty(after) && !isEmpty(known);
}

function isEmpty(content: KnownContent): boolean {
  return content.kind === 'hashed' && content.size === 0;
}
