import type { CancelTimer, Clock } from '../core/clock.js';
import type { GatePort, Launched } from './ports.js';

/** One generation from the wish to start it until its whole group is gone. */
export class Running {
  readonly generation: number;
  readonly gone: Promise<void>;
  /** Ends the wait for readiness. */
  readonly readiness = new AbortController();
  launched: Launched | null = null;
  /** We end it ourselves: its exit is no news. */
  ending = false;
  /** Its group is being ended, and somebody waits for that. */
  stopping = false;
  retirement: Retirement | null = null;
  #resolveGone: () => void = () => {};

  constructor(generation: number) {
    this.generation = generation;
    this.gone = new Promise((resolve) => {
      this.#resolveGone = resolve;
    });
  }

  markGone(): void {
    this.#resolveGone();
  }
}

/**
 * A generation is pinned for at most this long, in ms: a roll over a few instances that get ready in the usual 30 s each takes less, and
 * one that hangs shall not keep two processes of everything.
 */
export const PIN_LIMIT_MS = 600_000;

export interface RetirementOptions {
  readonly clock: Clock;
  readonly gate: GatePort;
  readonly generation: number;
  readonly keepMs: number;
  /** It is kept longer than that, until unpin() or for PIN_LIMIT_MS. */
  readonly isPinned: boolean;
  readonly drain: { readonly calls: number; readonly jobs: number };
  onKeepElapsed(): void;
  /** Calls and jobs are drained (or cut) and it need not be kept any more. */
  onDone(cut: { readonly calls: number; readonly jobs: number }): void;
}

/** A replaced generation: its calls and jobs end, and it is kept for a while so that calls can go back to it. */
export class Retirement {
  readonly #options: RetirementOptions;
  #over = false;
  #kept = true;
  #cut: { readonly calls: number; readonly jobs: number } | null = null;
  readonly #startedAt: number;
  #isPinned: boolean;
  #cancelKeep: CancelTimer;

  constructor(options: RetirementOptions) {
    this.#options = options;
    this.#isPinned = options.isPinned;
    this.#startedAt = options.clock.now();
    const keepMs = options.isPinned ? Math.max(PIN_LIMIT_MS, options.keepMs) : options.keepMs;
    this.#cancelKeep = options.clock.after(keepMs, () => this.expedite());
    void this.#drain();
  }

  /** Nobody will go back to it any more: it is kept as long as any other, counted from its replacement. */
  unpin(): void {
    if (!this.#isPinned) return;
    this.#isPinned = false;
    if (this.#over || !this.#kept) return;
    const { clock, keepMs } = this.#options;
    this.#cancelKeep();
    const leftMs = this.#startedAt + keepMs - clock.now();
    if (leftMs <= 0) this.expedite();
    else this.#cancelKeep = clock.after(leftMs, () => this.expedite());
  }

  /** It need not be kept any longer: stops as soon as it is drained. */
  expedite(): void {
    if (this.#over || !this.#kept) return;
    this.#kept = false;
    this.#cancelKeep();
    this.#options.onKeepElapsed();
    this.#finish();
  }

  /** It has the calls again, or is stopped by somebody else: nothing more comes from here. */
  cancel(): void {
    this.#over = true;
    this.#cancelKeep();
  }

  async #drain(): Promise<void> {
    const { gate, generation, drain } = this.#options;
    const [calls, jobs] = await Promise.all([
      gate.drain(generation, 'calls', drain.calls),
      gate.drain(generation, 'jobs', drain.jobs),
    ]);
    this.#cut = { calls: calls.cut, jobs: jobs.cut };
    this.#finish();
  }

  #finish(): void {
    if (this.#over || this.#kept || this.#cut === null) return;
    this.#over = true;
    this.#options.onDone(this.#cut);
  }
}
