import type { Clock } from '../core/clock.js';
import type { Underway, UnderwaySet } from './underway.js';

/** How a wait ended: nothing is under way any more, the time is up, or nobody wants it drained any longer. */
export type DrainEnd = 'empty' | 'time-up' | 'cancelled';

export interface Drain {
  readonly end: Promise<DrainEnd>;
  cancel(): void;
}

/** Waits until a process has no calls (or jobs) under way, at most `timeoutMs`. */
export function awaitDrained(
  underway: UnderwaySet,
  kind: Underway['kind'],
  timeoutMs: number,
  clock: Clock,
): Drain {
  if (underway.count(kind) === 0) return { end: Promise.resolve('empty'), cancel: () => undefined };
  let finish = (_end: DrainEnd): void => undefined;
  const end = new Promise<DrainEnd>((resolve) => {
    const cancelTimer = clock.after(timeoutMs, () => finish('time-up'));
    const unsubscribe = underway.onSettled(() => {
      if (underway.count(kind) === 0) finish('empty');
    });
    finish = (how) => {
      cancelTimer();
      unsubscribe();
      resolve(how);
    };
  });
  return { end, cancel: () => finish('cancelled') };
}
