/** Cancels a timer; a second call does nothing. */
export type CancelTimer = () => void;

/** Time as a parameter, so that tests run on a virtual clock. All values are in ms. */
export interface Clock {
  /** Monotonic; differences are meaningful, the value is not. */
  now(): number;
  /** Calls back once, `ms` from now; 0 or less: at the next turn. */
  after(ms: number, callback: () => void): CancelTimer;
}

/** The real clock. Its timers keep the process alive, as plain timers do. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};

/** Resolves `ms` from now on the given clock. */
export function delay(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
