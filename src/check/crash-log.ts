import type { StampedEvent } from '../core/events.js';
import { failed, type StepFailed } from './step.js';

type FailedGeneration = Extract<StampedEvent, { type: 'generation.failed' }>;

/** Processes that ended by themselves, in order. */
export class CrashLog {
  readonly #crashes: FailedGeneration[] = [];

  /** To be called with every event of the session. */
  take(event: StampedEvent): void {
    if (event.type === 'generation.failed') this.#crashes.push(event);
  }

  /** How many there were: what comes later is from here on. */
  mark(): number {
    return this.#crashes.length;
  }

  /** The first of a service after a mark; null: none. */
  since(mark: number, service: string): FailedGeneration | null {
    return this.#crashes.slice(mark).find((one) => one.service === service) ?? null;
  }
}

/** A process that ends by itself while it is looked at fails whatever looks at it. */
export function failedByCrash(crash: FailedGeneration, during: string): StepFailed {
  return failed(`generation ${crash.generation} failed during ${during}: ${crash.message}`, {
    wayOut: 'Correct what its output says.',
    output: crash.outputTail,
  });
}
