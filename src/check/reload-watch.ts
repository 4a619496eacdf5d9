import type { StampedEvent } from '../core/events.js';
import { readFailure, type StartFailure } from './start-failure.js';

type ReloadFinished = Extract<StampedEvent, { type: 'reload.finished' }>;

/** What came of one service's reload. */
export interface ReloadRecord {
  readonly finished: ReloadFinished;
  /** Why it did not come to a new generation; null: it did, or nothing was said. */
  readonly failure: StartFailure | null;
}

/** Follows the next reload that is asked for by hand of one service. */
export class ReloadWatch {
  readonly #service: string;
  /** The generation that had the calls. */
  #old: number | null = null;
  #failure: StartFailure | null = null;
  #isSwapped = false;
  #isOldGone = false;
  readonly #finished: Promise<ReloadRecord>;
  #resolveFinished: (record: ReloadRecord) => void = () => {};
  readonly #settled: Promise<void>;
  #resolveSettled: () => void = () => {};

  constructor(service: string) {
    this.#service = service;
    this.#finished = new Promise((resolve) => {
      this.#resolveFinished = resolve;
    });
    this.#settled = new Promise((resolve) => {
      this.#resolveSettled = resolve;
    });
  }

  /** Resolves when the reload is told to be over. */
  get finished(): Promise<ReloadRecord> {
    return this.#finished;
  }

  /** Resolves when the generation that was replaced is gone; at the end of the reload where none was replaced. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  /** To be called with every event of the session. */
  take(event: StampedEvent): void {
    if (!('service' in event) || event.service !== this.#service) return;
    switch (event.type) {
      case 'generation.draining':
        this.#old ??= event.generation;
        break;
      case 'generation.stopped':
        if (event.generation !== this.#old) break;
        this.#isOldGone = true;
        if (this.#isSwapped) this.#resolveSettled();
        break;
      case 'build.failed':
      case 'generation.failed':
        this.#failure = readFailure(event);
        break;
      case 'reload.finished':
        if (event.trigger.kind !== 'manual') break;
        this.#isSwapped = event.outcome === 'swapped';
        if (!this.#isSwapped || this.#isOldGone || this.#old === null) this.#resolveSettled();
        this.#resolveFinished({ finished: event, failure: this.#failure });
        break;
    }
  }
}
