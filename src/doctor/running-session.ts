import type { Session } from '../control/types.js';
import { processStartTime } from '../process/start-time.js';

/**
 * Whether the runner of a session still runs: by its start time as well, since a process id is given to another program sooner or later.
 * A start time of 0 was not known when it was written down.
 */
export async function runs({ pid, startTime }: Pick<Session, 'pid' | 'startTime'>): Promise<boolean> {
  const found = await processStartTime(pid);
  return found !== null && (startTime === 0 || found === startTime);
}
