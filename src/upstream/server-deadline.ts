import type { Clock } from '../core/clock.js';

/** What the promise gives, or `late` when `ms` have passed first. The promise must not reject. */
export function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | 'late'> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, () => resolve('late'));
    void promise.then((value) => {
      cancel();
      resolve(value);
    });
  });
}
