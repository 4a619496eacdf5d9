/** The pauses between attempts to reach the agent, in ms. */
export interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** Every pause is up to this part shorter or longer, so that many services do not come back in one moment. */
const JITTER = 0.25;

/**
 * The pause in ms after so many failures in a row (1: the first), doubling from `initialMs` to `maxMs`.
 * `random` gives 0 to 1.
 */
export function pauseAfter(failures: number, backoff: Backoff, random: () => number): number {
  const pause = Math.min(backoff.maxMs, backoff.initialMs * 2 ** (failures - 1));
  return pause * (1 - JITTER + 2 * JITTER * random());
}
