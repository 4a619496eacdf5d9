import { type Clock, systemClock } from '../core/clock.js';
import { commandOf } from './command-line.js';
import { Deadline } from './deadline.js';
import { sendSignal } from './group.js';
import { hasMarker } from './marker.js';
import { pollUntil } from './poll.js';
import { isRunning, listProcesses, pickProcesses, procIsReadable, readStat } from './proc.js';
import { isAlive, processStartTime } from './start-time.js';
import { endTree } from './tree-ending.js';

/** What survivors of a session that is gone get between SIGTERM and SIGKILL. */
const STALE_GRACE_MS = 1000;
const KILL_PATIENCE_MS = 5000;

/** A group as the session file keeps it: its leader, and the marker of all that descends from it. */
export interface StaleGroup {
  readonly pid: number;
  /** As `processStartTime(pid)` said when it was started. */
  readonly startTime: number;
  readonly marker: string;
}

export interface EndedProcess {
  readonly pid: number;
  /** What it ran, for people. */
  readonly command: string;
}

/**
 * Ends what is left of a session that did not end well: SIGTERM, SIGKILL after 1 s. Returns what it ended, group leaders first where
 * they still ran. Touches nobody else, even if a pid was given out again: on Linux a process must carry the marker (which finds
 * also those that left the group, and a start time alone could repeat after a boot); elsewhere the leader must have the recorded
 * start time, and a group whose leader is gone is left alone.
 */
export async function endStale(
  groups: readonly StaleGroup[],
  clock: Clock = systemClock,
): Promise<readonly EndedProcess[]> {
  const targets = procIsReadable ? await findByMarker(groups) : await findByLeader(groups);
  const ended = await Promise.all(
    targets.map(async ({ pid }) => ({ pid, command: (await commandOf(pid)) ?? 'unknown' })),
  );
  if (targets.length === 0) return ended;
  if (process.platform === 'win32') {
    for (const { pid } of targets) await endTree(pid, 'force');
    return ended;
  }
  const gone = await endedBy('SIGTERM', STALE_GRACE_MS, targets, clock);
  // Whoever was born meanwhile belongs to them as well.
  const left = procIsReadable ? await findByMarker(groups) : gone ? [] : targets;
  if (left.length > 0) await endedBy('SIGKILL', KILL_PATIENCE_MS, left, clock);
  return ended;
}

interface Target {
  readonly pid: number;
  readonly startTime: number;
  /** Where to send signals: the process, or the whole group where members cannot be told. */
  readonly address: number;
}

async function findByMarker(groups: readonly StaleGroup[]): Promise<readonly Target[]> {
  const pids = await pickProcesses(
    listProcesses(),
    (pid) => pid !== process.pid && groups.some(({ marker }) => hasMarker(pid, marker)),
  );
  const leaders = new Set(groups.map(({ pid }) => pid));
  return pids
    .sort((a, b) => Number(leaders.has(b)) - Number(leaders.has(a)))
    .flatMap((pid) => {
      const stat = readStat(pid);
      if (!isRunning(stat)) return [];
      const recorded = groups.find((group) => group.pid === pid && hasMarker(pid, group.marker));
      // The record speaks of another process. Which of the two is wrong cannot be told, so nothing is done to it.
      const isContradicted = recorded !== undefined && recorded.startTime !== stat.startTime;
      return isContradicted ? [] : [{ pid, startTime: stat.startTime, address: pid }];
    });
}

async function findByLeader(groups: readonly StaleGroup[]): Promise<readonly Target[]> {
  const found: Target[] = [];
  for (const { pid, startTime } of groups) {
    if ((await processStartTime(pid)) === startTime) found.push({ pid, startTime, address: -pid });
  }
  return found;
}

async function endedBy(
  signal: NodeJS.Signals,
  graceMs: number,
  targets: readonly Target[],
  clock: Clock,
): Promise<boolean> {
  for (const { address } of targets) {
    sendSignal(address, signal);
    sendSignal(address, 'SIGCONT');
  }
  const deadline = new Deadline(clock, graceMs);
  const ended = await pollUntil(clock, deadline, async () => {
    const alive = await Promise.all(targets.map(({ pid, startTime }) => isAlive(pid, startTime)));
    return !alive.includes(true);
  });
  deadline.cancel();
  return ended;
}
