import type { HoldLimits } from '../config/types.js';
import type { Clock } from '../core/clock.js';
import { assertNever } from '../core/failure.js';
import { readInvokeHead } from '../protocol/raw-codec.js';
import type { RawUnaryCall } from '../protocol/raw-server.js';
import type { CallCounters } from './call-counters.js';
import { Forwarder } from './forwarder.js';
import { CLOSING, invalidArgument, notFound, unavailable } from './gateway-answer.js';
import { GatewayCall } from './gateway-call.js';
import { HoldQueue } from './hold-queue.js';
import { instanceKey } from './instance-key.js';
import type { Jobs } from './jobs.js';
import { nearestName } from './nearest.js';
import type { PassedCalls } from './passed-calls.js';
import { type Resolution, type RoutingView, resolve } from './route.js';
import type { ServingProcess } from './serving-process.js';
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
  /** `service` is a key, as in a Resolution: null stands for the external services. */
  pool(service: string | null): Pool;
  functionIds(): Iterable<string>;
}

/** How a call came in. */
export interface Arrival {
  readonly kind: 'call' | 'job';
  /** The generation through whose own listener it came; null: anybody's. */
  readonly origin: GenerationRef | null;
  /** It is sent to a process within this time (ms) or never; null: its deadline alone counts. */
  readonly dispatchWithinMs: number | null;
}

/** Key of the external services' pool in the hold queue; no service can have this name. */
const EXTERNAL_POOL = '\0external';
const SHOWN_ID_LENGTH = 200;

/** Takes calls in, sends them where routing says, holds them where it says so, and takes them back where they were refused. */
export class Dispatcher {
  readonly #clock: Clock;
  readonly #directory: Directory;
  readonly #queue: HoldQueue<GatewayCall>;
  readonly #passed: PassedCalls;
  /** What was sent and has no answer yet. */
  readonly forwarder: Forwarder;
  #nextSequence = 0;
  #isClosed = false;

  constructor(clock: Clock, directory: Directory, jobs: Jobs, passed: PassedCalls) {
    this.#clock = clock;
    this.#directory = directory;
    this.#passed = passed;
    this.forwarder = new Forwarder(clock, jobs, (call) => this.#place(call));
    this.#queue = new HoldQueue(clock, (call, pool) => this.#onHoldTimeout(call, pool));
  }

  /** Calls that wait for a service, by its key. */
  held(service: string): number {
    return this.#queue.size(service);
  }

  accept(raw: RawUnaryCall, arrival: Arrival): void {
    const head = readInvokeHead(raw.request);
    if (!head.ok || head.value.functionId === '') {
      raw.answer(invalidArgument(head.ok ? 'function_id is empty' : head.error));
      return;
    }
    const call = new GatewayCall(raw, {
      ...head.value,
      ...arrival,
      sequence: this.#nextSequence++,
      now: this.#clock.now(),
    });
    call.onAbandoned(() => this.#abandon(call));
    this.#place(call);
  }

  /** Asks again about every held call, oldest first. To be called whenever routing or a connection changed. */
  release(): void {
    this.#releaseThose(this.#queue.snapshot());
  }

  /** The same for the calls that wait for one service (null: an external one): it can take another call. */
  releaseFor(service: string | null): void {
    const key = poolKey(service);
    if (this.#queue.size(key) > 0)
      this.#releaseThose(this.#queue.snapshot().filter(({ pool }) => pool === key));
  }

  #releaseThose(held: ReturnType<HoldQueue<GatewayCall>['snapshot']>): void {
    for (const { call, pool } of held) {
      const resolution = this.#resolve(call);
      if (resolution.action === 'hold') {
        this.#queue.move(call, poolKey(resolution.service));
      } else if (this.#queue.remove(call)) {
        this.#act(call, resolution, this.#heldBy(pool));
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

  /** Answers everything that is held or under way. */
  close(): void {
    this.#isClosed = true;
    for (const { call } of this.#queue.snapshot()) {
      this.#queue.remove(call);
      call.answer(CLOSING);
    }
    this.forwarder.close(CLOSING);
    this.#passed.close(CLOSING);
  }

  #resolve(call: GatewayCall): Resolution {
    return resolve(this.#directory.routing, {
      functionId: call.functionId,
      kind: call.kind,
      origin: call.origin === null ? null : instanceKey(call.origin),
      mayPassOn: this.#passed.takes(call),
    });
  }

  /**
   * A call that is new, or comes back. Nobody is overtaken: whenever something becomes possible, held calls are released at once, so
   * what still waits cannot go where this call goes.
   */
  #place(call: GatewayCall, heldBy: CallCounters | null = null): void {
    if (this.#isClosed) call.answer(CLOSING);
    else this.#act(call, this.#resolve(call), heldBy);
  }

  /** `heldBy`: counts for the supervised service that held the call until now; null: none did. */
  #act(call: GatewayCall, resolution: Resolution, heldBy: CallCounters | null): void {
    switch (resolution.action) {
      case 'dispatch': {
        if (call.isTooLate(this.#clock.now())) {
          const words = 'the call came back when it was too late to send it again';
          this.#reject(call, serviceOf(resolution), 'hold-timeout', words);
          return;
        }
        const process = this.#directory.find(resolution, call.functionId);
        const endpoint = process?.endpointOf(call.functionId) ?? null;
        if (process !== null && endpoint !== null) this.forwarder.send(call, process, endpoint);
        else this.#hold(call, serviceOf(resolution));
        return;
      }
      case 'hold':
        this.#hold(call, resolution.service);
        return;
      case 'reject':
        this.#reject(call, resolution.service, resolution.reason, resolution.message);
        return;
      case 'pass-on':
        this.#passOn(call, heldBy);
        return;
      case 'unknown-function':
        this.#answerUnknown(call, heldBy);
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
    if (call.answer(unavailable(reason, latest, words))) counters.countLost();
  }

  /** With no answer from elsewhere, it becomes of the call what would have become of it without asking. */
  #passOn(call: GatewayCall, heldBy: CallCounters | null): void {
    this.#passed.pass(call, (answer) => {
      if (answer === null) this.#place(call, heldBy);
      else if (call.answer(answer) && heldBy !== null) heldBy.answered += 1;
    });
  }

  #answerUnknown(call: GatewayCall, heldBy: CallCounters | null): void {
    const id = call.functionId.slice(0, SHOWN_ID_LENGTH);
    const nearest = nearestName(id, this.#directory.functionIds());
    const hint = nearest === null ? '' : `; did you mean "${nearest}"?`;
    const isAnswered = call.answer(notFound(`no service has registered the function "${id}"${hint}`));
    // What no service ever held is no service's.
    if (isAnswered && heldBy !== null) heldBy.answered += 1;
  }

  #heldBy(pool: string): CallCounters | null {
    return pool === EXTERNAL_POOL ? null : this.#directory.pool(pool).counters;
  }

  #abandon(call: GatewayCall): void {
    this.#queue.remove(call);
    this.forwarder.cancel(call);
    this.#passed.cancel(call);
  }
}

function serviceOf(resolution: Extract<Resolution, { action: 'dispatch' }>): string | null {
  return resolution.to === 'service' ? resolution.service : null;
}

function poolKey(service: string | null): string {
  return service ?? EXTERNAL_POOL;
}
