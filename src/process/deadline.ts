import type { CancelTimer, Clock } from '../core/clock.js';

/** A moment that can be moved nearer, never away. */
export class Deadline {
  /** Resolves at the deadline; never, when it was cancelled before. */
  readonly passed: Promise<void>;
  readonly #clock: Clock;
  #resolvePassed: () => void = () => {};
  #hasPassed = false;
  #at: number;
  #cancelTimer: CancelTimer;

  /** @param ms from now; 0 or less: passed already. */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#at = clock.now() + ms;
    this.passed = new Promise((resolve) => {
      this.#resolvePassed = resolve;
    });
    this.#cancelTimer = this.#arm(ms);
  }

  get hasPassed(): boolean {
    return this.#hasPassed;
  }

  /** In ms; 0 when it has passed. */
  get left(): number {
    return this.#hasPassed ? 0 : Math.max(0, this.#at - this.#clock.now());
  }

  /** Moves the deadline to `ms` from now, if that is sooner; 0 or less: at once. */
  shorten(ms: number): void {
    const at = this.#clock.now() + ms;
    if (this.#hasPassed || at >= this.#at) return;
    this.#cancelTimer();
    this.#at = at;
    this.#cancelTimer = this.#arm(ms);
  }

  cancel(): void {
    this.#cancelTimer();
  }

  #arm(ms: number): CancelTimer {
    if (ms > 0) return this.#clock.after(ms, () => this.#pass());
    this.#pass();
    return () => {};
  }

  #pass(): void {
    this.#hasPassed = true;
    this.#resolvePassed();
  }
}
