import type { WatchTarget } from './targets.js';

/** Why a backend cannot go on as it is. */
export type BackendFailure =
  /** The system gives no more watches: `ENOSPC` (watches of the user) or `EMFILE` (watchers of the user, open files). */
  | { readonly reason: 'limit'; readonly code: string }
  /** The system's queue of changes may have overflowed: everything has to be looked at again. */
  | { readonly reason: 'changes-lost' }
  /** A target was removed or moved away. */
  | { readonly reason: 'target-gone'; readonly path: string };

/** What a backend tells; all paths are absolute. Nothing is told after close(). */
export interface BackendHandlers {
  /** Files and links that were in a folder when it was subscribed at the start. */
  onFound(folder: string, names: readonly string[]): void;
  /** Something happened to a file or folder, or may have. Told too often rather than too seldom. */
  onTouched(path: string): void;
  /** A folder that may not be read; whatever is below it goes unnoticed. */
  onUnreadable(folder: string): void;
  onFailure(failure: BackendFailure): void;
}

export interface BackendOptions {
  readonly targets: readonly WatchTarget[];
  readonly handlers: BackendHandlers;
  /** Asked before a folder is subscribed or descended into. */
  acceptsFolder(path: string): boolean;
  /** Asked where single files are subscribed (polling). */
  acceptsFile(path: string): boolean;
}

/** One way to learn of changes. It starts when it is made. */
export interface Backend {
  /** Resolves when every folder is subscribed, or when that failed and was told. Never rejects. */
  readonly ready: Promise<void>;
  /** ms between a change and onTouched, at most, on an idle machine. */
  readonly latency: number;
  /** ms after `ready` when all files have to be looked at once more, since the start leaves a gap; null: it leaves none. */
  readonly secondLook: number | null;
  close(): Promise<void>;
}

/** System error codes that mean `limit`. */
export function isLimit(code: string | null): code is string {
  return code === 'ENOSPC' || code === 'EMFILE' || code === 'ENFILE';
}

/** System error codes that mean that a folder may not be read. */
export function isDenied(code: string | null): boolean {
  return code === 'EACCES' || code === 'EPERM';
}
