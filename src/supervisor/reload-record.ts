import type { CallCounts, ReloadPhases } from '../core/events.js';
import type { Counters } from './ports.js';

export type Phase = 'build' | 'drain' | 'stop' | 'start';

/** The figures of one reload, from the first change to its end. Times are clock ms. */
export class ReloadRecord {
  #requestId: number;
  readonly #from: number;
  readonly #counters: Counters;
  readonly #started = new Map<Phase, number>();
  readonly #spent = new Map<Phase, number>();

  constructor(requestId: number, from: number, counters: Counters) {
    this.#requestId = requestId;
    this.#from = from;
    this.#counters = counters;
  }

  isOf(requestId: number): boolean {
    return this.#requestId === requestId;
  }

  /** A newer request took the place of the one that was worked on. */
  continueFor(requestId: number): void {
    this.#requestId = requestId;
  }

  enter(phase: Phase, now: number): void {
    if (!this.#started.has(phase)) this.#started.set(phase, now);
  }

  leave(phase: Phase, now: number): void {
    const started = this.#started.get(phase);
    if (started === undefined) return;
    this.#started.delete(phase);
    this.#spent.set(phase, (this.#spent.get(phase) ?? 0) + now - started);
  }

  /** Whole ms; a phase still under way counts up to now. */
  phases(now: number): ReloadPhases {
    for (const phase of [...this.#started.keys()]) this.leave(phase, now);
    const of = (phase: Phase) => Math.round(this.#spent.get(phase) ?? 0);
    return {
      build: of('build'),
      drain: of('drain'),
      stop: of('stop'),
      start: of('start'),
      total: Math.round(now - this.#from),
    };
  }

  /** `finishing`: calls still under way on the generation that was replaced; they end there and count as drained. */
  calls(now: Counters, finishing: number): CallCounts {
    return {
      held: now.held - this.#counters.held,
      drained: now.drained - this.#counters.drained + finishing,
      replayed: now.replayed - this.#counters.replayed,
      lost: now.lost - this.#counters.lost,
    };
  }
}
