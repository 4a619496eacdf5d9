import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** What the processes of one user take of the kernel's limits, which are for each user. */
export interface InotifyUsage {
  readonly instances: number;
  readonly watches: number;
}

/** Longer than so many ms the event loop is not kept from the other examinations. */
const SLICE_MS = 4;

/** Counts what this user's processes have open now. What may not be looked at counts nothing; null: the signal was aborted before the end. */
export async function countInotify(signal: AbortSignal): Promise<InotifyUsage | null> {
  let instances = 0;
  let watches = 0;
  let sliceEnd = performance.now() + SLICE_MS;
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const fd of list(`/proc/${pid}/fd`)) {
      if (performance.now() > sliceEnd) {
        await setImmediate();
        sliceEnd = performance.now() + SLICE_MS;
      }
      if (signal.aborted) return null;
      if (!isInotify(`/proc/${pid}/fd/${fd}`)) continue;
      instances += 1;
      watches += countWatches(read(`/proc/${pid}/fdinfo/${fd}`));
    }
  }
  return { instances, watches };
}

/** Each watch of an instance is a line `inotify wd:1 ino:2a ...` (proc(5)). */
export function countWatches(fdinfo: string): number {
  return fdinfo.split('\n').filter((line) => line.startsWith('inotify ')).length;
}

function isInotify(link: string): boolean {
  try {
    return /^(?:anon_inode:)?\[?inotify\]?$/.test(readlinkSync(link));
  } catch {
    return false;
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
