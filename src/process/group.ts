import { hasMarker } from './marker.js';
import { isStillOurs, listPossibleDescendants, type Origin } from './origin.js';
import {
  isRunning,
  listProcesses,
  type ProcessStat,
  pickProcesses,
  procIsReadable,
  readStat,
} from './proc.js';

/** Why kill(2) did nothing. */
type Refusal = 'gone' | 'not-permitted';

/** Sends a signal; a negative target is a process group. 0 only asks whether it could be sent. */
export function sendSignal(target: number, signal: NodeJS.Signals | 0): 'sent' | Refusal {
  try {
    process.kill(target, signal);
    return 'sent';
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      if (error.code === 'ESRCH') return 'gone';
      if (error.code === 'EPERM') return 'not-permitted';
    }
    throw error;
  }
}

/** Sends a signal to all members of a group; does nothing once the group's number belongs to somebody else. */
export function signalGroup(origin: Origin, signal: NodeJS.Signals): void {
  if (!isStillOurs(origin)) return;
  sendSignal(-origin.pid, signal);
  // A stopped process would notice nothing but SIGKILL.
  if (signal !== 'SIGKILL') sendSignal(-origin.pid, 'SIGCONT');
}

/** Whether anybody of the group still runs. Zombies do not count. */
export async function isGroupRunning(origin: Origin): Promise<boolean> {
  const answer = sendSignal(-origin.pid, 0);
  if (answer === 'gone') return false;
  // macOS says this of a group that has only zombies.
  if (answer === 'not-permitted' && process.platform === 'darwin') return false;
  if (!procIsReadable) return true;
  if (!isStillOurs(origin)) return false;
  return (await listMembers(origin)).length > 0;
}

/** Members of the group that still run (Linux; empty elsewhere). */
export function listMembers(origin: Origin): Promise<number[]> {
  return pickProcesses(listPossibleDescendants(origin), (pid) => isMember(pid, origin.pid));
}

/** Descendants that carry the marker and still run, whatever their group (Linux; empty elsewhere). */
export async function listMarked(origin: Origin, marker: string): Promise<readonly ProcessStat[]> {
  const pids = await pickProcesses(listPossibleDescendants(origin), (pid) => hasMarker(pid, marker));
  return pids.map(readStat).filter(isRunning);
}

/** Whether the very process still runs of which this was read. */
export function stillRuns({ pid, startTime }: ProcessStat): boolean {
  const stat = readStat(pid);
  return isRunning(stat) && stat.startTime === startTime;
}

/** Who belongs to a group, or carries its marker (Linux; empty elsewhere). A few ms for 200 processes. */
export function pidsOfGroup(pgid: number, marker?: string): Promise<number[]> {
  return pickProcesses(
    listProcesses(),
    (pid) => isMember(pid, pgid) || (marker !== undefined && hasMarker(pid, marker)),
  );
}

function isMember(pid: number, pgid: number): boolean {
  const stat = readStat(pid);
  return isRunning(stat) && stat.group === pgid;
}
