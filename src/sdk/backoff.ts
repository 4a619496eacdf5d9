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

/** How the link to the agent is kept; can change at any time. */
export interface RetryPolicy {
  readonly backoff: Backoff;
  /** false: a link that was lost, or could not be had, stays so until reconnect(). */
  readonly autoReconnect: boolean;
  /** Failures in a row after which the pauses of the backoff end; 0: never. */
  readonly maxRetryAttempts: number;
  /** Between two heartbeats, and between two attempts after giving up, in ms. */
  readonly healthCheckInterval: number;
}

export interface Retry {
  /** null: not before somebody asks for it. */
  readonly retryInMs: number | null;
  /** This failure is the one at which the pauses of the backoff end. */
  readonly givesUp: boolean;
}

/**
 * What follows a loss or a failed attempt. `failures` in a row count short connections, too; `unreached` only the attempts that did not
 * get to a registration: after `maxRetryAttempts` of these it is tried at each health check.
 */
export function planRetry(
  policy: RetryPolicy,
  failures: number,
  unreached: number,
  random: () => number,
): Retry {
  const { autoReconnect, backoff, maxRetryAttempts, healthCheckInterval } = policy;
  const hasGivenUp = maxRetryAttempts > 0 && unreached >= maxRetryAttempts;
  const pause = hasGivenUp ? healthCheckInterval : pauseAfter(failures, backoff, random);
  return {
    retryInMs: autoReconnect ? pause : null,
    givesUp: hasGivenUp && unreached === maxRetryAttempts,
  };
}
