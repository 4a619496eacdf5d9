import { hash } from 'node:crypto';
import { lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs';

/** Larger files are compared by size and time: hashing 8 MiB takes some 15 ms, and no one edits such a file by hand. */
export const HASHED_BYTES = 8 * 1024 * 1024;

/** File systems stamp with the kernel's tick, which lags behind the clock by up to this many ms (HZ=100). */
export const CLOCK_GRANULARITY = 10;

/** What was found at a path, as far as it takes to tell one content from another. */
export type Content =
  | { readonly kind: 'absent' }
  | { readonly kind: 'folder' }
  /** A socket, a pipe, a device: never read, since that may block. */
  | { readonly kind: 'special' }
  | { readonly kind: 'hashed'; readonly digest: string; readonly size: number }
  /** Too large or not readable. `mtimeMs` is wall-clock ms. */
  | { readonly kind: 'measured'; readonly size: number; readonly mtimeMs: number }
  /** A symbolic link is its own content; what it points to counts where it lies, if that is watched. */
  | { readonly kind: 'link'; readonly target: string };

/** What is known of a file. `unread`: it was there when its folder was subscribed, and nobody has looked into it. */
export type KnownContent =
  | Content
  /** Events on it tell of a change if its times are later than `since` (wall-clock ms). */
  | { readonly kind: 'unread'; readonly since: number };

export interface ContentReading {
  readonly content: Content;
  /** The later of its modification and its inode change, in wall-clock ms; 0 when absent. */
  readonly touchedAt: number;
}

export const ABSENT: Content = { kind: 'absent' };

/**
 * Looks at a path, synchronously: a file that was just saved is in the page cache, where this takes some 20 µs, while the
 * round trips of an asynchronous read cost several times that and let a second event overtake the first.
 */
export function readContent(path: string): ContentReading {
  const stats = statOf(path);
  if (stats === null) return { content: ABSENT, touchedAt: 0 };
  return { content: contentOf(path, stats), touchedAt: Math.max(stats.mtimeMs, stats.ctimeMs) };
}

function contentOf(path: string, stats: Stats): Content {
  if (stats.isDirectory()) return { kind: 'folder' };
  const measured: Content = { kind: 'measured', size: stats.size, mtimeMs: stats.mtimeMs };
  try {
    if (stats.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path) };
    if (!stats.isFile()) return { kind: 'special' };
    if (stats.size > HASHED_BYTES) return measured;
    const bytes = readFileSync(path);
    return { kind: 'hashed', digest: hash('sha1', bytes, 'base64'), size: bytes.length };
  } catch (error) {
    return isMissing(error) ? ABSENT : measured;
  }
}

/** The time to compare the times of files with. Date.now() cuts off fractions: what was written before must not look later. */
export function wallClock(): number {
  return Date.now() + 1;
}

/** Whether two looks at a path found the same. An unread content equals nothing. */
export function isSameContent(one: KnownContent, other: KnownContent): boolean {
  switch (one.kind) {
    case 'hashed':
      return other.kind === 'hashed' && other.digest === one.digest;
    case 'measured':
      return other.kind === 'measured' && other.size === one.size && other.mtimeMs === one.mtimeMs;
    case 'link':
      return other.kind === 'link' && other.target === one.target;
    case 'unread':
      return false;
    default:
      return other.kind === one.kind;
  }
}

/** Whether the error of a file system call says that there is nothing at the path. */
export function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** The code of a system error (`ENOENT`), or null. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

function statOf(path: string): Stats | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}
