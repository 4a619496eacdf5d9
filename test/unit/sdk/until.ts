import { setTimeout as wait } from 'node:timers/promises';

const DEADLINE_MS = 15_000;

/** Waits until the condition holds; fails with `what` after a generous deadline. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await wait(5);
  }
}
