import type { ReloadOutcome, ReloadPhases } from '../core/events.js';
import { CRASH_REQUEST } from './request.js';

/** What became of a request. */
export type ReloadEnd =
  | {
      readonly kind: 'finished';
      readonly outcome: ReloadOutcome;
      /** The generation that was started last for it. */
      readonly generation: number;
      /** What went wrong, in a sentence; null: nothing. */
      readonly reason: string | null;
      readonly ms: ReloadPhases;
    }
  /** A newer request took its place. */
  | { readonly kind: 'superseded' }
  | { readonly kind: 'closed' };

/** Tells those who wait for a request what became of it. */
export class ReloadTickets {
  readonly #waiting = new Map<number, (end: ReloadEnd) => void>();
  #failure: string | null = null;

  open(requestId: number): Promise<ReloadEnd> {
    return new Promise((resolve) => this.#waiting.set(requestId, resolve));
  }

  /** This request is worked on now: whoever waits for an older one waits in vain. A restart after a crash takes nobody's place. */
  begin(requestId: number): void {
    if (requestId === CRASH_REQUEST.id) return;
    this.#failure = null;
    for (const id of [...this.#waiting.keys()]) if (id < requestId) this.#resolve(id, { kind: 'superseded' });
  }

  noteFailure(message: string): void {
    this.#failure = message;
  }

  finish(
    requestId: number,
    {
      outcome,
      generation,
      ms,
    }: { readonly outcome: ReloadOutcome; readonly generation: number; readonly ms: ReloadPhases },
  ): void {
    const reason = outcome === 'swapped' ? null : this.#failure;
    this.#resolve(requestId, { kind: 'finished', outcome, generation, reason, ms });
  }

  close(): void {
    for (const id of [...this.#waiting.keys()]) this.#resolve(id, { kind: 'closed' });
  }

  #resolve(requestId: number, end: ReloadEnd): void {
    const resolve = this.#waiting.get(requestId);
    this.#waiting.delete(requestId);
    resolve?.(end);
  }
}
