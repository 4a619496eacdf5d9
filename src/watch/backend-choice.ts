import { assertNever } from '../core/failure.js';
import type { Backend, BackendOptions } from './backend.js';
import { ChokidarBackend } from './chokidar-backend.js';
import { findSilentMount, type Mount } from './file-system-kind.js';
import { NativeBackend } from './native-backend.js';
import { hasMoreFolders } from './tree-size.js';

/** Trees with more folders than this are watched natively on Linux: from here on the difference is felt. */
const LARGE_TREE_FOLDERS = 200;

/**
 * `chokidar`: the default.
 * `native`: large trees on Linux. Measured with 50,000 files in 2,500 folders (test/bench/watch.ts): ready after 0.3 s with 50 MB
 * of memory, where chokidar takes 2 s and 270 MB with folders alone, 5 s and 400 MB as it comes. A save is seen after 1 ms by each.
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
  /** Whether the tree below these folders is better watched natively. */
  isLarge(folders: readonly string[], acceptsFolder: (path: string) => boolean): boolean;
  create(kind: BackendKind, options: BackendOptions): Backend;
}

export const realBackends: BackendSource = {
  findSilentMount,
  isLarge: (folders, acceptsFolder) => hasMoreFolders(folders, LARGE_TREE_FOLDERS, acceptsFolder),
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
  acceptsFolder: (path: string) => boolean,
): BackendChoice {
  if (polling === true) return { kind: 'polling', notice: null };
  const events = (): BackendChoice => {
    const isNative = process.platform === 'linux' && source.isLarge(paths, acceptsFolder);
    return { kind: isNative ? 'native' : 'chokidar', notice: null };
  };
  if (polling === false) return events();
  for (const path of paths) {
    const mount = source.findSilentMount(path);
    if (mount === null) continue;
    const notice = `Watching by polling: ${mount.folder} is a ${mount.type} file system, which does not report changes. A project on a local disk is noticed faster; "watch": { "polling": false } turns polling off.`;
    return { kind: 'polling', notice };
  }
  return events();
}

/** The notice for a fallback to polling because the system gives no more watches. */
export function describeLimit(code: string): string {
  if (process.platform !== 'linux') {
    return `Watching by polling: the system gives no more file watches (${code}). Fewer folders, by "watch": { "ignore": [...] }, or a higher limit of open files would do.`;
  }
  const remedy =
    code === 'ENOSPC'
      ? 'sudo sysctl fs.inotify.max_user_watches=524288'
      : 'sudo sysctl fs.inotify.max_user_instances=1024` and `ulimit -n 65536';
  return `Watching by polling: the system gives no more file watches (${code}). To raise the limit: \`${remedy}\`, then start again; "watch": { "ignore": [...] } saves watches.`;
}
