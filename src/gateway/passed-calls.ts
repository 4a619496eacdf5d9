import type { Clock } from '../core/clock.js';
import { readJobId } from '../protocol/raw-codec.js';
import type { RawAnswer } from '../protocol/raw-server.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import type { WireMetadata } from '../protocol/wire-metadata.js';
import { internalError } from './gateway-answer.js';
import type { GatewayCall } from './gateway-call.js';
import type { PassedJobs } from './passed-jobs.js';
import type { ElsewherePort } from './types.js';

/** Marks a call that a session passed on. Where two sessions ask each other, it would go round without end. */
const PASSED = 'croupier-passed';

export function markPassed(metadata: WireMetadata): WireMetadata {
  return { ...metadata, [PASSED]: ['1'] };
}

/** Calls that processes make for functions that nobody here serves, on their way to somebody else. */
export class PassedCalls {
  readonly #clock: Clock;
  readonly #port: ElsewherePort | null;
  readonly #jobs: PassedJobs;
  readonly #underway = new Map<GatewayCall, AbortController>();

  constructor(clock: Clock, port: ElsewherePort | null, jobs: PassedJobs) {
    this.#clock = clock;
    this.#port = port;
    this.#jobs = jobs;
  }

  /** Whether a call may be passed on: only what a generation calls through its own listener, once, and if nobody passed it on before. */
  takes(call: GatewayCall): boolean {
    return this.#port !== null && call.origin !== null && !call.wasPassedOn && !(PASSED in call.metadata);
  }

  /** Asks; null: nobody serves the function elsewhere, either. Not called back for a call that was cancelled meanwhile. */
  pass(call: GatewayCall, onAnswer: (answer: RawAnswer | null) => void): void {
    if (this.#port === null) throw new Error('there is nobody to pass a call on to');
    call.wasPassedOn = true;
    const controller = new AbortController();
    this.#underway.set(call, controller);
    const settle = (answer: RawAnswer | null): void => {
      if (!this.#underway.delete(call)) return;
      if (call.kind === 'job' && answer !== null) this.#rememberJob(answer);
      onAnswer(answer);
    };
    const request = {
      method: call.kind === 'job' ? 'StartJob' : 'Invoke',
      functionId: call.functionId,
      request: call.request,
      metadata: markPassed(call.metadata),
      timeoutMs: call.deadline === null ? null : Math.max(1, call.deadline - this.#clock.now()),
    } as const;
    this.#port.pass(request, controller.signal).then(settle, (bug: unknown) => settle(internalError(bug)));
  }

  /** The caller went away. */
  cancel(call: GatewayCall): void {
    const controller = this.#underway.get(call);
    this.#underway.delete(call);
    controller?.abort();
  }

  /** Answers everything that is under way. */
  close(answer: RawAnswer): void {
    for (const call of [...this.#underway.keys()]) {
      this.cancel(call);
      call.answer(answer);
    }
  }

  #rememberJob(answer: RawAnswer): void {
    if (answer.status.code !== STATUS_CODES.OK || answer.body === null) return;
    const id = readJobId(answer.body);
    if (id.ok) this.#jobs.remember(id.value);
  }
}
