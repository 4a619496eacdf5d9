import type { Clock } from '../core/clock.js';
import { describeInterruption, type Interruption, type InterruptionCause } from './interruption.js';
import { NEEDS, type Plan } from './plan.js';
import { failed, type StepName, type StepOutcome, type StepReport, skipped } from './step.js';

/** What a step's work answers. `ms`: where it was not the time of the work itself. */
export type StepWork = () => Promise<StepOutcome & { readonly ms?: number }>;

/** Takes steps as planned, one after the other, and keeps what came of them. */
export class Ledger {
  readonly #plan: Plan;
  readonly #clock: Clock;
  readonly #interruption: Interruption;
  readonly #onReport: (report: StepReport) => void;
  readonly #reports: StepReport[] = [];

  constructor(options: {
    readonly plan: Plan;
    readonly clock: Clock;
    readonly interruption: Interruption;
    onReport(report: StepReport): void;
  }) {
    this.#plan = options.plan;
    this.#clock = options.clock;
    this.#interruption = options.interruption;
    this.#onReport = options.onReport;
  }

  get reports(): readonly StepReport[] {
    return this.#reports;
  }

  /** Whether a step would be taken now: it is planned, and what it needs is there. */
  isDue(step: StepName, service: string | null): boolean {
    return this.#reasonToSkip(step, service) === null;
  }

  isTold(step: StepName, service: string | null): boolean {
    return this.#find(step, service) !== undefined;
  }

  /** Takes a step, or skips it. An interruption ends it; what its work does then is dropped. */
  async take(step: StepName, service: string | null, work: StepWork): Promise<void> {
    const reason = this.#reasonToSkip(step, service);
    if (reason !== null) {
      this.#add({ step, service, ms: 0, outcome: skipped(reason) });
      return;
    }
    const began = this.#clock.now();
    const { ms, ...outcome } = await Promise.race<Awaited<ReturnType<StepWork>>>([
      work(),
      this.#interruption.occurred.then(interrupted),
    ]);
    this.#add({ step, service, ms: Math.round(ms ?? this.#clock.now() - began), outcome });
  }

  #reasonToSkip(step: StepName, service: string | null): string | null {
    const leftOut = this.#plan.leftOut(step);
    if (leftOut !== null) return leftOut;
    for (const need of NEEDS[step].notFailed) {
      if (this.#find(need, service)?.outcome.result === 'failed') return `needs ${need}, which failed`;
    }
    for (const need of NEEDS[step].passed) {
      const result = this.#find(need, service)?.outcome.result;
      if (result === 'failed') return `needs ${need}, which failed`;
      if (result !== 'passed') return `needs ${need}, which was skipped`;
    }
    const { cause } = this.#interruption;
    return cause === null ? null : describeInterruption(cause);
  }

  /** Of this service, or of the session as a whole. */
  #find(step: StepName, service: string | null): StepReport | undefined {
    return this.#reports.find(
      (one) => one.step === step && (one.service === service || one.service === null),
    );
  }

  #add(report: StepReport): void {
    this.#reports.push(report);
    this.#onReport(report);
  }
}

function interrupted(cause: InterruptionCause): StepOutcome {
  const text = describeInterruption(cause);
  if (cause.kind === 'signal') return skipped(text);
  return failed(`not done when ${text}`, {
    wayOut: 'Allow more with --timeout, or find out what it waits for.',
  });
}
