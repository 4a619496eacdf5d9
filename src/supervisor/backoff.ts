/**
 * How long to wait before the next start after a crash, in ms: `initial` doubling with each attempt (from 1) up to `max`,
 * then 25 % more or less, so that several services do not start in step. `random` is in [0, 1).
 */
export function backoffDelay(
  attempt: number,
  backoff: { readonly initial: number; readonly max: number },
  random: () => number,
): number {
  const doubled = backoff.initial * 2 ** Math.min(attempt - 1, 30);
  return Math.round(Math.min(doubled, backoff.max) * (0.75 + random() * 0.5));
}

/** Where nobody watches, a service is given up at this many crashes in a row. With the longest wait at 30 s that is after some minutes. */
export const CRASH_LIMIT = 16;

/** After this long without a crash the next one counts as the first, in ms. */
export const HEALTHY_AFTER_MS = 10_000;
