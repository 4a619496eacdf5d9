import type { SwapStrategy } from '../../src/core/events.js';
import type { Answer } from '../support/load.js';

interface Swap {
  readonly generation: number;
  /** When we were told that the generation has the calls. */
  readonly at: number;
}

/** A call is answered within this time, in ms: older swaps need not be remembered. */
const LONGEST_ANSWER_MS = 60_000;

/**
 * Counts answers by a generation that should not have had the call any more. Under overlap: it was sent when a newer generation was
 * active already. Under stop-first, where one begins when the other has ended: a newer one has answered before.
 */
export class AnswerOrder {
  readonly #strategy: SwapStrategy;
  #swaps: readonly Swap[] = [];
  #newest = 0;
  #violations = 0;

  constructor(strategy: SwapStrategy) {
    this.#strategy = strategy;
  }

  get violations(): number {
    return this.#violations;
  }

  /** When the latest generation became active (`performance.now()`); NaN: none did. */
  get lastSwapAt(): number {
    return this.#swaps.at(-1)?.at ?? Number.NaN;
  }

  becameActive(generation: number, at: number): void {
    this.#swaps = [...this.#swaps.filter((one) => at - one.at < LONGEST_ANSWER_MS), { generation, at }];
  }

  /** Takes the answers since the last time, in any order. */
  check(answers: readonly Answer[]): void {
    for (const answer of [...answers].sort((one, other) => one.answeredAt - other.answeredAt)) {
      if (this.#isTooOld(answer)) this.#violations += 1;
      this.#newest = Math.max(this.#newest, answer.generation);
    }
  }

  #isTooOld(answer: Answer): boolean {
    switch (this.#strategy) {
      case 'overlap':
        return this.#swaps.some((swap) => swap.at < answer.sentAt && answer.generation < swap.generation);
      case 'stop-first':
        return answer.generation < this.#newest;
    }
  }
}
