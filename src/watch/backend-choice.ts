import { assertNever } from '../core/failure.js';
import type { Backend, BackendOptions } from './backend.js';
import { ChokidarBackend } from './chokidar-backend.js';
import { findSilentMount, type Mount } from './file-system-kind.js';
import { NativeBackend } from './native-backend.js';

/**
 * `native`: Linux. Measured with 50,000 files in 2,500 folders (test/bench/watch.ts): ready after 0.3 s with 50 MB of memory,
 * where chokidar takes 2.5 s and 270 MB with folders alone, 5 s and 400 MB as it comes. A save is seen after 1 ms by each.
 * `chokidar`: macOS and Windows, whose differences it knows.
 * `polling`: file systems that do not report changes, and what is left when the system gives no more watches.
 */
export type BackendKind = 'native' | 'chokidar' | 'polling';

export interface BackendChoice {
  readonly kind: BackendKind;
  /** What to tell the user about it, once. */
  readonly notice: string | null;
}

/** What the choice depends on, and what it leads to; a parameter so that tests can let backends fail. */
export interface BackendSource {
  findSilentMount(path: string): Mount | null;
  create(kind: BackendKind, options: BackendOptions): Backend;
}

export const realBackends: BackendSource = {
  findSilentMount,
  create(kind, options) {
    switch (kind) {
      case 'native':
        return new NativeBackend(options);
      case 'chokidar':
        return new ChokidarBackend(options, 'events');
      case 'polling':
        return new ChokidarBackend(options, 'polling');
      default:
        return assertNever(kind);
    }
  },
};

/** How to watch these absolute paths. */
export function chooseBackend(
  polling: boolean | 'auto',
  paths: readonly string[],
  source: BackendSource,
): BackendChoice {
  if (polling === true) return { kind: 'polling', notice: null };
  const kind = process.platform === 'linux' ? 'native' : 'chokidar';
  if (polling === false) return { kind, notice: null };
  for (const path of paths) {
    const mount = source.findSilentMount(path);
    if (mount === null) continue;
    const notice = `Watching by polling: ${mount.folder} is a ${mount.type} file system, which does not report changes. A project on a local disk is noticed faster; "watch": { "polling": false } turns polling off.`;
    return { kind: 'polling', notice };
  }
  return { kind, notice: null };
}

/** The notice for a fallback to polling because the system gives no more watches. */
export function describeLimit(code: string): string {
  if (process.platform !== 'linux') {
    return `Watching by polling: the system gives no more file watches (${code}). Fewer folders, by "watch": { "ignore": [...] }, or a higher limit of open files would do.`;
  }
  const remedy =
    code === 'ENOSPC'
      ? 'sudo sysctl fs.inotify.max_user_watches=524288'
      : 'sudo sysctl fs.inotify.max_user_instances=1024';
  return `Watching by polling: the system gives no more file watches (${code}). To raise the limit, \`${remedy}\` and start again; "watch": { "ignore": [...] } saves watches.`;
}
