import type { StopSignal } from '../dev/stop-signals.js';
import { formatDuration } from '../observe/duration.js';

/** Why a check ends before its last step. */
export type InterruptionCause =
  | { readonly kind: 'signal'; readonly signal: StopSignal }
  | { readonly kind: 'time-up'; readonly afterMs: number };

/** Whether a check has to end now. Happens once; the first cause stays. */
export class Interruption {
  readonly occurred: Promise<InterruptionCause>;
  #resolve: (cause: InterruptionCause) => void = () => {};
  #cause: InterruptionCause | null = null;

  constructor() {
    this.occurred = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get cause(): InterruptionCause | null {
    return this.#cause;
  }

  occur(cause: InterruptionCause): void {
    if (this.#cause !== null) return;
    this.#cause = cause;
    this.#resolve(cause);
  }
}

export function describeInterruption(cause: InterruptionCause): string {
  return cause.kind === 'signal'
    ? `interrupted by ${cause.signal}`
    : `the time for the whole check, ${formatDuration(cause.afterMs)}, was up`;
}
