import { isIPv4, isIPv6 } from 'node:net';

/** On this machine attempts are never further apart than this, in ms, jitter included: an agent that was restarted is noticed at once. */
const LOOPBACK_MAX_MS = 500;
/** Doubling stops here, far over any `max`, so that the number stays finite. */
const MAX_DOUBLINGS = 30;

/**
 * How long to wait before the next attempt to reach an upstream, in ms: `delay` doubling with each attempt (from 1) up to `max`,
 * then 25 % more or less, so that those who lost the same upstream do not come back in step. `random` is in [0, 1).
 */
export function reconnectDelay(
  attempt: number,
  options: { readonly delay: number; readonly max: number; readonly isLoopback: boolean },
  random: () => number,
): number {
  const doublings = Math.min(Math.max(attempt, 1) - 1, MAX_DOUBLINGS);
  const jittered = Math.min(options.delay * 2 ** doublings, options.max) * (0.75 + random() * 0.5);
  return Math.round(options.isLoopback ? Math.min(jittered, LOOPBACK_MAX_MS) : jittered);
}

/** Whether a host is this machine by its name alone: nothing is looked up. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare.endsWith('.localhost')) return true;
  if (isIPv4(bare)) return bare.startsWith('127.');
  return isIPv6(bare) && (bare === '::1' || bare.startsWith('::ffff:127.'));
}
