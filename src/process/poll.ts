import { type Clock, delay } from '../core/clock.js';
import type { Deadline } from './deadline.js';

/** First and longest pause between two looks at a group that is about to end, in ms. */
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;

/** Looks at once, then in growing pauses, until `isDone` or the deadline; true when it is done. The last look is at the deadline. */
export async function pollUntil(
  clock: Clock,
  deadline: Deadline,
  isDone: () => Promise<boolean>,
): Promise<boolean> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const isLastLook = deadline.hasPassed;
    if (await isDone()) return true;
    if (isLastLook) return false;
    await Promise.race([delay(clock, pause), deadline.passed]);
  }
}
