import type { CancelTimer, Clock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import type { FileChange } from './change-detector.js';
import { type Content, isSameContent, type KnownContent } from './content.js';

export interface BatchHandlers {
  /** The first change of a batch; after a pause, everything that was kept. Absolute paths. */
  onOpen(paths: readonly string[]): void;
  /** A second change, once a batch. */
  onGrow(): void;
  /** What is left of the batch: files that differ from what they were before it. */
  onClose(paths: readonly string[]): void;
}

// The contract of the design: many files are a checkout or a generator, which pauses longer between two writes.
const CAP = 500;
const MANY_FILES = 50;
const MANY_QUIET = 250;
const MANY_CAP = 10_000;

interface NetChange {
  readonly before: KnownContent;
  readonly after: Content;
}

type Changes = Map<string, NetChange>;

type BatchState =
  | { readonly state: 'idle' }
  | { readonly state: 'open'; readonly changes: Changes; readonly openedAt: number; grown: boolean }
  | { readonly state: 'paused'; readonly changes: Changes }
  | { readonly state: 'closed' };

/** Gathers changes that belong together: until nothing has changed for the quiet time, or the cap is reached. */
export class BatchCollector {
  readonly #clock: Clock;
  readonly #quiet: number;
  readonly #handlers: BatchHandlers;
  #state: BatchState = { state: 'idle' };
  #cancel: CancelTimer | null = null;

  /** `quiet` in ms. */
  constructor(clock: Clock, quiet: number, handlers: BatchHandlers) {
    this.#clock = clock;
    this.#quiet = quiet;
    this.#handlers = handlers;
  }

  add(change: FileChange): void {
    const state = this.#state;
    switch (state.state) {
      case 'closed':
        return;
      case 'paused':
        merge(state.changes, change);
        return;
      case 'idle':
        this.#open(new Map([[change.path, change]]));
        return;
      case 'open': {
        merge(state.changes, change);
        this.#arm(state.changes, state.openedAt);
        if (state.grown) return;
        state.grown = true;
        this.#handlers.onGrow();
        return;
      }
      default:
        assertNever(state);
    }
  }

  /** More may follow: the quiet time starts again. */
  extend(): void {
    if (this.#state.state === 'open') this.#arm(this.#state.changes, this.#state.openedAt);
  }

  /** Ends an open batch at once; what changes from now on is kept for resume(). */
  pause(): void {
    if (this.#state.state === 'open') this.#close(this.#state.changes);
    if (this.#state.state === 'idle') this.#state = { state: 'paused', changes: new Map() };
  }

  resume(): void {
    if (this.#state.state !== 'paused') return;
    const { changes } = this.#state;
    this.#state = { state: 'idle' };
    if (netPaths(changes).length > 0) this.#open(changes);
  }

  /** Calls no handler any more. */
  close(): void {
    this.#cancel?.();
    this.#state = { state: 'closed' };
  }

  #open(changes: Changes): void {
    const openedAt = this.#clock.now();
    this.#state = { state: 'open', changes, openedAt, grown: false };
    this.#arm(changes, openedAt);
    this.#handlers.onOpen(netPaths(changes));
  }

  #arm(changes: Changes, openedAt: number): void {
    const isMany = changes.size > MANY_FILES;
    const quiet = isMany ? Math.max(MANY_QUIET, this.#quiet) : this.#quiet;
    // A quiet time that is configured above the cap would never come to its end.
    const cap = Math.max(isMany ? MANY_CAP : CAP, this.#quiet);
    const left = openedAt + cap - this.#clock.now();
    this.#cancel?.();
    this.#cancel = this.#clock.after(Math.min(quiet, left), () => this.#close(changes));
  }

  #close(changes: Changes): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#state = { state: 'idle' };
    this.#handlers.onClose(netPaths(changes));
  }
}

function merge(changes: Changes, { path, before, after }: FileChange): void {
  changes.set(path, { before: changes.get(path)?.before ?? before, after });
}

function netPaths(changes: Changes): string[] {
  return [...changes].filter(([, { before, after }]) => !isSameContent(before, after)).map(([path]) => path);
}
