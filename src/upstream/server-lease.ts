import { TTL_SECONDS } from './server-registration.js';

/** Servers of the field drop an agent 60 s after its last heartbeat. */
export const HEARTBEAT_MS = 15_000;
/** Not more often than this, however short a server's patience is. */
const MIN_HEARTBEAT_MS = 1_000;

/** For how long a server keeps our registration. Epoch times, because a machine that sleeps stops the monotonic clock. */
export interface Lease {
  /** When it ends if we do not register anew; null: heartbeats keep it. */
  readonly expiresAt: number | null;
  readonly heartbeatMs: number;
  /** When the server last answered. */
  readonly heardAt: number;
}

/** From the answer to Register. `expireAtSeconds`: epoch seconds, 0: not said. */
export function leaseFrom(expireAtSeconds: number, nowEpochMs: number): Lease {
  const expiresAt = expireAtSeconds * 1000;
  // A registration that has expired when it is given shows that the clocks differ: its time says nothing then.
  if (expireAtSeconds <= 0 || expiresAt <= nowEpochMs) {
    return { expiresAt: null, heartbeatMs: HEARTBEAT_MS, heardAt: nowEpochMs };
  }
  const third = Math.floor((expiresAt - nowEpochMs) / 3);
  return {
    expiresAt,
    heartbeatMs: Math.min(HEARTBEAT_MS, Math.max(MIN_HEARTBEAT_MS, third)),
    heardAt: nowEpochMs,
  };
}

export function heard(lease: Lease, nowEpochMs: number): Lease {
  return { ...lease, heardAt: nowEpochMs };
}

/**
 * Whether a heartbeat is not enough now: the registration would be over before the next one, or the server was not heard for so long (the
 * machine slept) that it has dropped us, which it would not say.
 */
export function isRenewalDue(lease: Lease, nowEpochMs: number): boolean {
  if (nowEpochMs - lease.heardAt >= TTL_SECONDS * 1000) return true;
  return lease.expiresAt !== null && lease.expiresAt - nowEpochMs <= lease.heartbeatMs;
}
