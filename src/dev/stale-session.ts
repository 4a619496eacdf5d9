import { readStale } from '../control/session-file.js';
import { endStale } from '../process/reap.js';

/** Ends what a session of this folder that was killed has left behind, and tells about it. */
export async function endStaleSession(root: string, onNotice: (message: string) => void): Promise<void> {
  const stale = await readStale(root, { onNotice });
  if (stale === null) return;
  const ended = await endStale(stale.groups);
  const what = ended.map(({ pid, command }) => `${command} (pid ${pid})`).join(', ');
  const survivors = ended.length === 0 ? 'nothing of it was left' : `ended what was left of it: ${what}`;
  onNotice(`the session of ${stale.startedAt} was not ended properly; ${survivors}`);
}
