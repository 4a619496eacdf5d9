import type { Clock } from '../core/clock.js';

/** Waits `ms` on the clock (null: for ever), or until one of the signals is aborted. True: the time is over. */
export function pause(clock: Clock, ms: number | null, ...signals: readonly AbortSignal[]): Promise<boolean> {
  if (signals.some((signal) => signal.aborted)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const finish = (waited: boolean) => {
      cancel();
      for (const signal of signals) signal.removeEventListener('abort', interrupt);
      resolve(waited);
    };
    const interrupt = () => finish(false);
    const cancel = ms === null ? () => {} : clock.after(ms, () => finish(true));
    for (const signal of signals) signal.addEventListener('abort', interrupt);
  });
}
