import type { Clock } from '../core/clock.js';

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** One Ctrl-C under a package manager arrives twice: from the terminal, and passed on by it. Within this time it is one, in ms. */
const SAME_KEYSTROKE_MS = 300;

/** Exit codes of the convention 128 + number of the signal. */
export const SIGNAL_EXIT_CODES: Readonly<Record<StopSignal, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
};

export interface StopHandlers {
  onStop(signal: StopSignal): void;
  /** The user does not want to wait. */
  onForce(): void;
  /** What SIGHUP does instead of stopping; absent: it stops. */
  onReload?(): void;
}

/** Tells the first request to stop from the second, impatient one. */
export class StopSignals {
  readonly #clock: Clock;
  readonly #handlers: StopHandlers;
  readonly #listeners = new Map<StopSignal, () => void>();
  #firstAt: number | null = null;

  constructor(clock: Clock, handlers: StopHandlers) {
    this.#clock = clock;
    this.#handlers = handlers;
  }

  listen(): void {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const listener = () => this.take(signal);
      this.#listeners.set(signal, listener);
      process.on(signal, listener);
    }
  }

  /** A signal, or the key that stands for it. */
  take(signal: StopSignal): void {
    if (signal === 'SIGHUP' && this.#handlers.onReload !== undefined) {
      if (this.#firstAt === null) this.#handlers.onReload();
      return;
    }
    if (this.#firstAt === null) {
      this.#firstAt = this.#clock.now();
      this.#handlers.onStop(signal);
    } else if (this.#clock.now() - this.#firstAt >= SAME_KEYSTROKE_MS) {
      this.#handlers.onForce();
    }
  }

  close(): void {
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
    this.#listeners.clear();
  }
}
