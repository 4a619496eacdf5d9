import type { CommandLine } from '../config/types.js';

/** What a batch of changes asks for. `run` commands come first and alone change nothing else. */
export interface ChangeBatch {
  /** Relative to the service's folder, `/` as separator, sorted; only files whose content changed. */
  readonly paths: readonly string[];
  /** The strongest action in the batch; `none` when only `run` rules (or `ignore`) matched. */
  readonly action: 'none' | 'hot' | 'restart' | 'rebuild';
  /** For people: the pattern of the rule that decided, or `default`. */
  readonly rule: string;
  /** Commands of `run` rules, in the order of the rules, each with the files that matched it. */
  readonly runs: readonly { readonly command: CommandLine; readonly paths: readonly string[] }[];
}

/**
 * How a watcher tells about changes. A batch opens at the first file whose content changed and closes after the quiet time.
 * onOpen comes at once with what the first file alone asks for, so that work which can be thrown away may begin;
 * onGrow comes once, when a second change arrives in an open batch; onBatch comes exactly once for each batch.
 */
export interface WatchHandlers {
  onOpen(batch: ChangeBatch): void;
  onGrow(): void;
  onBatch(batch: ChangeBatch): void;
  /** One clear sentence or two: polling and why, inotify exhausted, a loop and the line that ends it, an unreadable folder. */
  onNotice(level: 'info' | 'warn' | 'error', message: string): void;
}

export interface Watcher {
  /** Resolves when changes will be noticed. */
  readonly ready: Promise<void>;
  /** While paused, changes are noticed and kept; resume reports them as one batch. */
  pause(): void;
  resume(): void;
  /**
   * Tells that a command of our own (a build, a `run` rule) is under way, so that a loop can be recognised.
   * The returned function ends it; `completed` is false where it was cancelled.
   */
  ownCommand(): (completed: boolean) => void;
  /**
   * Patterns of files that the process can load again by itself: what no rule of the configuration matches and one of these does asks for
   * `hot`. Counts for batches that close later; empty: none.
   */
  setHotPaths(patterns: readonly string[]): void;
  close(): Promise<void>;
}
