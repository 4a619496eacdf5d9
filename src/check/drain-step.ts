import type { CheckCall } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import type { LocalCalls } from '../gateway/types.js';
import { makeSmokeCall } from './smoke-call.js';
import { countFailures, type FailedCall } from './steady-calls.js';
import { failed, passed, type StepOutcome } from './step.js';

/** Calls that are under way when a service is drained. */
const CALLS = 10;

/** Begins calls right before the session drains its services, and tells later whether each was waited for. */
export class DrainedCalls {
  readonly #clock: Clock;
  readonly #began: number;
  readonly #made: readonly Promise<FailedCall | null>[];
  #lastAnswerAt: number;

  /** `repeatable`: calls that may be made again; empty: nothing is under way. */
  constructor(calls: LocalCalls, repeatable: readonly CheckCall[], clock: Clock) {
    this.#clock = clock;
    this.#began = clock.now();
    this.#lastAnswerAt = this.#began;
    const chosen = Array.from({ length: CALLS }, (_, at) => repeatable[at % repeatable.length]);
    this.#made = chosen.flatMap((call) => (call === undefined ? [] : [this.#make(calls, call)]));
  }

  async judge(): Promise<StepOutcome & { readonly ms: number }> {
    const made = await Promise.all(this.#made);
    const ms = this.#lastAnswerAt - this.#began;
    if (made.length === 0) return { ...passed('nothing was under way'), ms };
    const cut = made.filter((one) => one !== null);
    if (cut.length === 0) return { ...passed(`${made.length} calls under way were answered`), ms };
    const reason = [
      `${cut.length} of ${made.length} calls under way were not answered:`,
      ...countFailures(cut),
    ];
    const outcome = failed(reason.join('\n'), {
      wayOut: 'Calls have to end within "drain": { "calls": ... }: allow more, or let them end sooner.',
    });
    return { ...outcome, ms };
  }

  async #make(calls: LocalCalls, call: CheckCall): Promise<FailedCall | null> {
    const outcome = await makeSmokeCall(calls, call, this.#clock);
    this.#lastAnswerAt = this.#clock.now();
    // A refusal is an answer as well: whether it is the right one was looked at before.
    return outcome.kind === 'lost' || outcome.kind === 'slow' ? { function: call.function, outcome } : null;
  }
}
