import type { Clock } from '../core/clock.js';

/**
 * What `work` answers, or what `instead` makes where it takes longer than `ms`. Then its signal is aborted, and what it answers or
 * throws later is dropped.
 */
export async function withTimeLimit<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  instead: () => T,
): Promise<T> {
  const timeUp = new AbortController();
  let cancel = (): void => {};
  const late = new Promise<T>((resolve) => {
    cancel = clock.after(ms, () => {
      timeUp.abort();
      resolve(instead());
    });
  });
  try {
    return await Promise.race([work(timeUp.signal), late]);
  } finally {
    cancel();
  }
}
