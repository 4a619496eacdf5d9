import type { Clock } from '../core/clock.js';
import { type ListeningQuery, listListening } from '../process/auto-probe.js';
import { acceptsConnections } from '../process/tcp-probe.js';
import { pause } from './pause.js';

/** A server can listen on one family alone; the first is preferred. */
const LOOPBACKS = ['127.0.0.1', '::1'] as const;
/**
 * First and longest pause between two looks at a port, in ms; in between 5 % of the time waited so far. It is on the path from saving a
 * file to the first answer.
 */
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 1000;
const PAUSE_PART = 0.05;

/** When a process is looked at that does not listen on its `PORT`, in ms after its start. */
const LOOK_ELSEWHERE_AT_MS = [2000, 5000, 10_000, 20_000] as const;

/**
 * The loopback address on which a process listens on its `PORT`, as soon as it does; null: the signal aborted before, or it turned out that
 * nobody wants to know.
 */
export async function waitForPort(
  port: number,
  clock: Clock,
  signal: AbortSignal,
  isWanted: () => boolean,
): Promise<string | null> {
  const began = clock.now();
  while (!signal.aborted && isWanted()) {
    const accepting = await Promise.all(LOOPBACKS.map((host) => acceptsConnections(host, port, signal)));
    const host = LOOPBACKS.find((_, index) => accepting[index]);
    if (signal.aborted) return null;
    if (host !== undefined) return host;
    const ms = Math.max(FIRST_PAUSE_MS, (clock.now() - began) * PAUSE_PART);
    await pause(clock, Math.min(ms, LONGEST_PAUSE_MS), signal);
  }
  return null;
}

/**
 * Where a process listens instead of on its `PORT`, such as `127.0.0.1:3000`; null: nowhere in time, or the signal aborted: it listens on
 * its `PORT` now, or is gone.
 */
export async function listensElsewhere(
  query: ListeningQuery,
  clock: Clock,
  signal: AbortSignal,
): Promise<string | null> {
  const began = clock.now();
  for (const at of LOOK_ELSEWHERE_AT_MS) {
    await pause(clock, at - (clock.now() - began), signal);
    if (signal.aborted) return null;
    // A process table that cannot be read tells nothing.
    const [listener] = await listListening(query).catch(() => []);
    if (signal.aborted) return null;
    if (listener !== undefined) return listener;
  }
  return null;
}
