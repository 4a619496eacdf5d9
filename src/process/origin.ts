import { countForks, largestProcessId, listProcesses, readStat } from './proc.js';

/** When a group's leader was born: tells it from a later process with the same pid, and its descendants from older processes. */
export interface Origin {
  readonly pid: number;
  /** Kernel start time; null where it cannot be read at once (not Linux), or when the leader was gone already. */
  readonly startTime: number | null;
  /** Processes made on this machine up to then; null where that is not told. */
  readonly forks: number | null;
}

/** To be called right after the spawn. Costs two small reads (about 0.1 ms). */
export function recordOrigin(pid: number): Origin {
  return { pid, startTime: readStat(pid)?.startTime ?? null, forks: countForks() };
}

/**
 * The leader and every process that may descend from it. Pids are given out in ascending order until they start again from the
 * low end: as long as they cannot have done so since, younger processes have higher pids, and a scan need not look at the
 * others, which are nearly all.
 */
export function listPossibleDescendants(origin: Origin): readonly number[] {
  const all = listProcesses();
  const forks = countForks();
  if (origin.forks === null || forks === null) return all;
  // Half of what is left, because pids that are in use are jumped over.
  const mayHaveWrapped = forks - origin.forks > (largestProcessId() - origin.pid) / 2;
  return mayHaveWrapped ? all : all.filter((pid) => pid >= origin.pid);
}

/**
 * False: the leader's pid belongs to somebody else by now, and with it the number of the group, which must not be signalled. A pid is
 * not given out again while a group of that number has members.
 */
export function isStillOurs(origin: Origin): boolean {
  if (origin.startTime === null) return true;
  const leader = readStat(origin.pid);
  return leader === null || leader.startTime === origin.startTime;
}
