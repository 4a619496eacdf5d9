import type { CheckCall } from '../config/types.js';
import type { CancelTimer, Clock } from '../core/clock.js';
import type { LocalCalls } from '../gateway/types.js';
import { makeSmokeCall, type SmokeOutcome } from './smoke-call.js';

/** Enough to have calls under way at any moment, and little for any server: calls in a second. */
const CALLS_PER_SECOND = 40;
/** While so many are under way no more are made. */
const MOST_UNDER_WAY = 100;

/** What a call came to that was not answered as it should be. */
export interface FailedCall {
  readonly function: string;
  readonly outcome: Exclude<SmokeOutcome, { kind: 'answered' }>;
}

/** What goes on while a service is reloaded. */
export interface Load {
  readonly sent: number;
  readonly answered: number;
  /** Not answered, or not as it should have been. */
  readonly failed: number;
  /** Why, the most frequent reason first, one line each. */
  readonly failures: readonly string[];
  start(): void;
  /** Begins nothing more. */
  halt(): void;
  /** Begins nothing more, and resolves when what is under way has ended: by its own time limit at the latest. */
  stop(): Promise<void>;
}

/** Nothing goes on. */
export const NO_LOAD: Load = {
  sent: 0,
  answered: 0,
  failed: 0,
  failures: [],
  start: () => undefined,
  halt: () => undefined,
  stop: async () => undefined,
};

/** Makes the same calls again and again, in turn, as steady callers would. */
export class SteadyCalls implements Load {
  readonly #calls: LocalCalls;
  readonly #repeated: readonly [CheckCall, ...CheckCall[]];
  readonly #underWay = new Set<Promise<void>>();
  readonly #failedCalls: FailedCall[] = [];
  readonly #clock: Clock;
  #cancelTimer: CancelTimer = () => {};
  #startedAt = 0;
  #sent = 0;
  #answered = 0;

  constructor(calls: LocalCalls, repeated: readonly [CheckCall, ...CheckCall[]], clock: Clock) {
    this.#calls = calls;
    this.#repeated = repeated;
    this.#clock = clock;
  }

  get sent(): number {
    return this.#sent;
  }

  get answered(): number {
    return this.#answered;
  }

  get failed(): number {
    return this.#failedCalls.length;
  }

  get failures(): readonly string[] {
    return countFailures(this.#failedCalls);
  }

  start(): void {
    this.#startedAt = this.#clock.now();
    this.#sendDue();
  }

  /** What a slow turn of the event loop missed is made up for with the next. */
  #sendDue(): void {
    const due = 1 + ((this.#clock.now() - this.#startedAt) / 1000) * CALLS_PER_SECOND;
    while (this.#sent + 1 <= due && this.#underWay.size < MOST_UNDER_WAY) this.#send();
    this.#cancelTimer = this.#clock.after(1000 / CALLS_PER_SECOND, () => this.#sendDue());
  }

  halt(): void {
    this.#cancelTimer();
  }

  async stop(): Promise<void> {
    this.halt();
    await Promise.all(this.#underWay);
  }

  #send(): void {
    const call = this.#repeated[this.#sent % this.#repeated.length] ?? this.#repeated[0];
    this.#sent += 1;
    const run = this.#make(call);
    this.#underWay.add(run);
    void run.finally(() => this.#underWay.delete(run));
  }

  async #make(call: CheckCall): Promise<void> {
    const outcome = await makeSmokeCall(this.#calls, call, this.#clock);
    if (outcome.kind === 'answered') this.#answered += 1;
    else this.#failedCalls.push({ function: call.function, outcome });
  }
}

/** Failed calls by function and reason, the most frequent first, one line each. */
export function countFailures(failures: readonly FailedCall[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { function: id, outcome } of failures) {
    const line = `${id}: ${outcome.message}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([line, count]) => (count === 1 ? line : `${line} (${count} times)`));
}
