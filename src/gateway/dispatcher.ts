import type { HoldLimits } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import { type CallOutcome, type ChildCall, statusAnswer } from '../protocol/child-call.js';
import { readInvokeHead } from '../protocol/raw-codec.js';
import type { RawAnswer, RawUnaryCall } from '../protocol/raw-server.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import type { CallCounters } from './call-counters.js';
import type { ChildEndpoint } from './child-endpoint.js';
import { invalidArgument, notFound, unavailable } from './gateway-answer.js';
import { GatewayCall } from './gateway-call.js';
import { HoldQueue } from './hold-queue.js';
import type { Jobs } from './jobs.js';
import { nearestName } from './nearest.js';
import { type Resolution, type RoutingView, resolve } from './route.js';
import type { ServingProcess, Underway } from './serving-process.js';
import type { GenerationRef, HoldReason } from './types.js';

/** What the dispatcher has to know about a service, or about the external ones together. */
export interface Pool {
  readonly holdLimits: HoldLimits;
  readonly counters: CallCounters;
  /** Newest generation; null where there are none. */
  readonly latest: number | null;
  /** Why its calls wait, in words. */
  describeWait(): string;
}

/** Who is there. Joined in gateway.ts. */
export interface Directory {
  readonly routing: RoutingView;
  /** The process that a dispatch goes to; asked right after resolve. */
  find(resolution: Extract<Resolution, { action: 'dispatch' }>, functionId: string): ServingProcess | null;
  /** `service` as in a Resolution: null stands for the external services. */
  pool(service: string | null): Pool;
  functionIds(): Iterable<string>;
}

/** A call that was sent to a process and has no answer yet. */
interface SentCall extends Underway {
  readonly call: GatewayCall;
  readonly process: ServingProcess;
  readonly endpoint: ChildEndpoint;
  childCall: ChildCall | null;
}

/** Key of the external services' pool in the hold queue; no service can have this name. */
const EXTERNAL_POOL = '\0external';
const SHOWN_ID_LENGTH = 200;

/** Takes calls in, sends them where routing says, holds them where it says so, and judges what became of them. */
export class Dispatcher {
  readonly #clock: Clock;
  readonly #directory: Directory;
  readonly #jobs: Jobs;
  readonly #queue: HoldQueue<GatewayCall>;
  readonly #sent = new Map<GatewayCall, SentCall>();
  #nextSequence = 0;
  #startsUnderway = 0;
  #isClosed = false;

  constructor(clock: Clock, directory: Directory, jobs: Jobs) {
    this.#clock = clock;
    this.#directory = directory;
    this.#jobs = jobs;
    this.#queue = new HoldQueue(clock, (call, pool) => this.#onHoldTimeout(call, pool));
  }

  /** Calls that wait for a service. */
  held(service: string): number {
    return this.#queue.size(service);
  }

  accept(raw: RawUnaryCall, kind: 'call' | 'job', origin: GenerationRef | null): void {
    const head = readInvokeHead(raw.request);
    if (!head.ok || head.value.functionId === '') {
      raw.answer(invalidArgument(head.ok ? 'function_id is empty' : head.error));
      return;
    }
    if (this.#isClosed) {
      raw.answer(CLOSING);
      return;
    }
    const call = new GatewayCall(raw, {
      ...head.value,
      kind,
      origin,
      sequence: this.#nextSequence++,
      now: this.#clock.now(),
    });
    call.onAbandoned(() => this.#abandon(call));
    this.#place(call);
  }

  /** Asks again about every held call, oldest first. To be called whenever routing or a connection changed. */
  release(): void {
    for (const { call, pool } of this.#queue.snapshot()) {
      const resolution = this.#resolve(call);
      if (resolution.action === 'hold') {
        this.#queue.move(call, poolKey(resolution.service));
      } else if (this.#queue.remove(call)) {
        this.#act(call, resolution, pool);
      }
    }
  }

  /** Answers everything that waits for a service. */
  failHeld(service: string, message: string): void {
    for (const { call, pool } of this.#queue.snapshot()) {
      if (pool !== service || !this.#queue.remove(call)) continue;
      this.#reject(call, service, 'generation-failed', message);
    }
  }

  /** The drain's time is up: answers what is under way on the process and resets it there. The number of calls. */
  cut(process: ServingProcess, kind: 'call' | 'job'): number {
    let count = 0;
    for (const sent of [...this.#sent.values()]) {
      if (sent.process !== process || sent.kind !== kind) continue;
      count += 1;
      const { counters, generation } = process.owner;
      const words = 'the call did not end in the time that a drain allows';
      if (sent.call.answer(unavailable('drain-timeout', generation, words))) countLost(counters);
      sent.childCall?.cancel();
    }
    return count;
  }

  /** Answers everything that is held or under way. */
  close(): void {
    this.#isClosed = true;
    for (const { call } of this.#queue.snapshot()) {
      this.#queue.remove(call);
      call.answer(CLOSING);
    }
    for (const { call, childCall } of [...this.#sent.values()]) {
      call.answer(CLOSING);
      childCall?.cancel();
    }
  }

  #resolve(call: GatewayCall): Resolution {
    return resolve(this.#directory.routing, {
      functionId: call.functionId,
      kind: call.kind,
      origin: call.origin?.name ?? null,
    });
  }

  /** A call that is new, or comes back. Those that wait longer for the same service go first. */
  #place(call: GatewayCall): void {
    let resolution = this.#resolve(call);
    if (resolution.action === 'dispatch' && this.#queue.size(poolKey(serviceOf(resolution))) > 0) {
      this.release();
      resolution = this.#resolve(call);
    }
    this.#act(call, resolution, null);
  }

  /** `pool`: where the call was held until now; null: nowhere. */
  #act(call: GatewayCall, resolution: Resolution, pool: string | null): void {
    switch (resolution.action) {
      case 'dispatch': {
        const process = this.#directory.find(resolution, call.functionId);
        const endpoint = process?.endpointOf(call.functionId) ?? null;
        if (process !== null && endpoint !== null) this.#send(call, process, endpoint);
        else this.#hold(call, serviceOf(resolution));
        return;
      }
      case 'hold':
        this.#hold(call, resolution.service);
        return;
      case 'reject':
        this.#reject(call, resolution.service, resolution.reason, resolution.message);
        return;
      case 'unknown-function':
        this.#answerUnknown(call, pool);
        return;
      default:
        assertNever(resolution);
    }
  }

  #hold(call: GatewayCall, service: string | null): void {
    const pool = this.#directory.pool(service);
    const refusal = this.#queue.add(call, poolKey(service), pool.holdLimits);
    switch (refusal) {
      case null:
        if (!call.wasHeld) pool.counters.held += 1;
        call.wasHeld = true;
        return;
      case 'hold-queue-full': {
        const { calls, bytes } = pool.holdLimits;
        const words = `${pool.describeWait()}, and no more than ${calls} calls or ${bytes} bytes can wait`;
        this.#reject(call, service, refusal, words);
        return;
      }
      case 'hold-timeout':
        this.#reject(call, service, refusal, `${pool.describeWait()}, and the call has no time left to wait`);
        return;
      default:
        assertNever(refusal);
    }
  }

  #onHoldTimeout(call: GatewayCall, key: string): void {
    const service = key === EXTERNAL_POOL ? null : key;
    const words = `${this.#directory.pool(service).describeWait()}, and the call could not wait any longer`;
    this.#reject(call, service, 'hold-timeout', words);
  }

  #reject(call: GatewayCall, service: string | null, reason: HoldReason, words: string): void {
    const { counters, latest } = this.#directory.pool(service);
    if (call.answer(unavailable(reason, latest, words))) countLost(counters);
  }

  #answerUnknown(call: GatewayCall, pool: string | null): void {
    const id = call.functionId.slice(0, SHOWN_ID_LENGTH);
    const nearest = nearestName(id, this.#directory.functionIds());
    const hint = nearest === null ? '' : `; did you mean "${nearest}"?`;
    const isAnswered = call.answer(notFound(`no service has registered the function "${id}"${hint}`));
    if (isAnswered && pool !== null && pool !== EXTERNAL_POOL)
      this.#directory.pool(pool).counters.answered += 1;
  }

  #send(call: GatewayCall, process: ServingProcess, endpoint: ChildEndpoint): void {
    if (call.kind === 'job' && !this.#jobs.hasRoom(this.#startsUnderway)) {
      const message = 'too many jobs are running; at most 1000 can run at a time';
      if (call.answer(statusAnswer({ code: STATUS_CODES.RESOURCE_EXHAUSTED, message }))) {
        process.owner.counters.answered += 1;
      }
      return;
    }
    const sent: SentCall = { kind: call.kind, call, process, endpoint, childCall: null };
    this.#sent.set(call, sent);
    process.begin(sent);
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

  #settle(sent: SentCall, outcome: CallOutcome): void {
    const { call, process, endpoint } = sent;
    this.#sent.delete(call);
    if (call.kind === 'job') this.#startsUnderway -= 1;
    // A job is under way before its StartJob no longer is, so that a drain cannot end in between.
    if (outcome.kind === 'answered') this.#passAnswer(sent, outcome.answer);
    process.end(sent);
    endpoint.release();
    if (call.isEnded) return;
    switch (outcome.kind) {
      case 'answered':
      case 'cancelled':
        return;
      case 'refused':
        this.#placeAgain(call);
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
    const hasTime = call.deadline === null || call.deadline > this.#clock.now();
    if (!call.wasReplayed && call.idempotencyKey !== '' && replay.has(call.functionId) && hasTime) {
      call.wasReplayed = true;
      call.holdUntil = null;
      counters.replayed += 1;
      this.#placeAgain(call);
      return;
    }
    const words = `${message}; the call may have run`;
    if (call.answer(unavailable('child-lost', generation, words))) countLost(counters);
  }

  /** Before everything that came after it: through the queue, in its old place, if others wait there. */
  #placeAgain(call: GatewayCall): void {
    if (this.#isClosed) {
      call.answer(CLOSING);
      return;
    }
    const resolution = this.#resolve(call);
    if (resolution.action === 'dispatch' && this.#queue.size(poolKey(serviceOf(resolution))) > 0) {
      this.#hold(call, serviceOf(resolution));
      this.release();
    } else {
      this.#act(call, resolution, null);
    }
  }

  #abandon(call: GatewayCall): void {
    this.#queue.remove(call);
    this.#sent.get(call)?.childCall?.cancel();
  }
}

const CLOSING: RawAnswer = statusAnswer({
  code: STATUS_CODES.UNAVAILABLE,
  message: 'the gateway is closing',
});

function countLost(counters: CallCounters): void {
  counters.lost += 1;
  counters.answered += 1;
}

function serviceOf(resolution: Extract<Resolution, { action: 'dispatch' }>): string | null {
  return resolution.to === 'service' ? resolution.service : null;
}

function poolKey(service: string | null): string {
  return service ?? EXTERNAL_POOL;
}
