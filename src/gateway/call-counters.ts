import type { GateCounters } from './types.js';

/** The totals of one service, counted up in place. */
export class CallCounters implements GateCounters {
  held = 0;
  drained = 0;
  replayed = 0;
  lost = 0;
  answered = 0;

  /** The gateway answered with a reason of its own. */
  countLost(): void {
    this.lost += 1;
    this.answered += 1;
  }

  read(): GateCounters {
    const { held, drained, replayed, lost, answered } = this;
    return { held, drained, replayed, lost, answered };
  }
}
