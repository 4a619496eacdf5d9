import { execa } from 'execa';
import type { Clock } from '../core/clock.js';
import { Deadline } from './deadline.js';
import type { Ending, EndingOutcome, EndingTarget } from './group-ending.js';

/**
 * Windows: there are no groups and no signals. `taskkill /T` goes by parentage, so a descendant whose parent has exited is not
 * found. Without `/F` it asks the windows of the processes to close; console programs refuse that at once, and are ended then.
 */
export class TreeEnding implements Ending {
  readonly outcome: Promise<EndingOutcome>;
  readonly #target: EndingTarget;
  readonly #grace: Deadline;

  constructor(target: EndingTarget, graceMs: number, clock: Clock) {
    this.#target = target;
    this.#grace = new Deadline(clock, graceMs);
    this.outcome = this.#run();
  }

  shorten(graceMs: number): void {
    this.#grace.shorten(graceMs);
  }

  async #run(): Promise<EndingOutcome> {
    const { pid } = this.#target.origin;
    const leaderExited = this.#target.leaderExited.then(() => 'exited' as const);
    if (!this.#grace.hasPassed && (await endTree(pid, 'ask'))) {
      const first = await Promise.race([leaderExited, this.#grace.passed]);
      this.#grace.cancel();
      if (first === 'exited') return { killed: false, survivors: [], leftBehind: [] };
    }
    this.#grace.cancel();
    await endTree(pid, 'force');
    await leaderExited;
    return { killed: true, survivors: [], leftBehind: [] };
  }
}

/** Windows only. True when every process of the tree was ended (`force`) or took the request (`ask`). */
export async function endTree(pid: number, how: 'ask' | 'force'): Promise<boolean> {
  const args = ['/PID', String(pid), '/T', ...(how === 'force' ? ['/F'] : [])];
  const result = await execa('taskkill', args, { reject: false, stdio: 'ignore', windowsHide: true });
  return result.exitCode === 0;
}
