import type { Clock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import { type CallOutcome, type ChildCall, statusAnswer } from '../protocol/child-call.js';
import type { RawAnswer } from '../protocol/raw-server.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import type { FunctionEndpoint } from './endpoint.js';
import { unavailable } from './gateway-answer.js';
import type { GatewayCall } from './gateway-call.js';
import type { Jobs } from './jobs.js';
import type { ServingProcess } from './serving-process.js';
import type { Underway } from './underway.js';

/** A call that was sent to a process and has no answer yet. */
interface SentCall extends Underway {
  readonly call: GatewayCall;
  readonly process: ServingProcess;
  readonly endpoint: FunctionEndpoint;
  childCall: ChildCall | null;
}

/** Sends calls to processes and judges what became of them. */
export class Forwarder {
  readonly #clock: Clock;
  readonly #jobs: Jobs;
  readonly #sendAgain: (call: GatewayCall) => void;
  readonly #sent = new Map<GatewayCall, SentCall>();
  #startsUnderway = 0;

  /** @param sendAgain takes back a call that was refused before it reached a handler, or that may run twice */
  constructor(clock: Clock, jobs: Jobs, sendAgain: (call: GatewayCall) => void) {
    this.#clock = clock;
    this.#jobs = jobs;
    this.#sendAgain = sendAgain;
  }

  send(call: GatewayCall, process: ServingProcess, endpoint: FunctionEndpoint): void {
    if (call.kind === 'job' && !this.#jobs.hasRoom(this.#startsUnderway)) {
      const message = `too many jobs are running; at most ${this.#jobs.limit} can run at a time`;
      const answer = statusAnswer({ code: STATUS_CODES.RESOURCE_EXHAUSTED, message });
      if (call.answer(answer)) process.owner.counters.answered += 1;
      return;
    }
    const sent: SentCall = { kind: call.kind, call, process, endpoint, childCall: null };
    this.#sent.set(call, sent);
    process.underway.begin(sent);
    endpoint.retain();
    if (call.kind === 'job') this.#startsUnderway += 1;
    const request = {
      message: call.request,
      metadata: call.metadata,
      timeoutMs: call.deadline === null ? null : Math.max(1, call.deadline - this.#clock.now()),
    };
    const handlers = { onOutcome: (outcome: CallOutcome) => this.#settle(sent, outcome) };
    sent.childCall =
      call.kind === 'job' ? endpoint.startJob(request, handlers) : endpoint.invoke(request, handlers);
  }

  /** The caller went away: the child is told. */
  cancel(call: GatewayCall): void {
    this.#sent.get(call)?.childCall?.cancel();
  }

  /** The drain's time is up: answers what is under way on the process and resets it there. The number of calls. */
  cut(process: ServingProcess, kind: Underway['kind']): number {
    let count = 0;
    for (const sent of [...this.#sent.values()]) {
      if (sent.process !== process || sent.kind !== kind) continue;
      count += 1;
      const { counters, generation } = process.owner;
      const words = 'the call did not end in the time that a drain allows';
      if (sent.call.answer(unavailable('drain-timeout', generation, words))) counters.countLost();
      sent.childCall?.cancel();
    }
    return count;
  }

  /** Answers everything that is under way. */
  close(answer: RawAnswer): void {
    for (const { call, childCall } of [...this.#sent.values()]) {
      call.answer(answer);
      childCall?.cancel();
    }
  }

  #settle(sent: SentCall, outcome: CallOutcome): void {
    const { call, process, endpoint } = sent;
    this.#sent.delete(call);
    if (call.kind === 'job') this.#startsUnderway -= 1;
    // A job is under way before its StartJob no longer is, so that a drain cannot end in between.
    if (outcome.kind === 'answered') this.#passAnswer(sent, outcome.answer);
    process.underway.end(sent);
    endpoint.release();
    if (call.isEnded) return;
    switch (outcome.kind) {
      case 'answered':
      case 'cancelled':
        return;
      case 'refused':
        this.#sendAgain(call);
        return;
      case 'lost':
        this.#onLost(call, process, outcome.message);
        return;
      default:
        assertNever(outcome);
    }
  }

  #passAnswer(sent: SentCall, answer: RawAnswer): void {
    const { call, process, endpoint } = sent;
    const { counters } = process.owner;
    if (call.kind === 'job') {
      const adopted = this.#jobs.adopt({ process, endpoint, metadata: call.metadata }, answer);
      const isAnswered = call.answer(adopted);
      // A job that was taken over is counted when it ends.
      if (!isAnswered || adopted !== answer) return;
    } else if (!call.answer(answer)) {
      return;
    }
    counters.answered += 1;
    if (process.windingDown[call.kind]) counters.drained += 1;
  }

  #onLost(call: GatewayCall, process: ServingProcess, message: string): void {
    const { counters, generation, replay } = process.owner;
    const now = this.#clock.now();
    const hasTime = (call.deadline === null || call.deadline > now) && !call.isTooLate(now);
    if (!call.wasReplayed && call.idempotencyKey !== '' && replay.has(call.functionId) && hasTime) {
      call.wasReplayed = true;
      call.holdUntil = null;
      counters.replayed += 1;
      this.#sendAgain(call);
      return;
    }
    const words = `${message}; the call may have run`;
    if (call.answer(unavailable('child-lost', generation, words))) counters.countLost();
  }
}
