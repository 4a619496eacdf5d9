import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import type { CancelTimer, Clock } from '../core/clock.js';
import type { DialTarget } from '../protocol/address.js';
import type { CallOutcome, ChildCall, ChildCallHandlers } from '../protocol/child-call.js';
import {
  CancelJobResponse,
  InvokeRequest,
  StartJobResponse,
} from '../protocol/gen/croupier/function/v1/function.js';
import { readJobId } from '../protocol/raw-codec.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import type { WireMetadata } from '../protocol/wire-metadata.js';
import type { EndpointHandlers, FunctionEndpoint, FunctionRequest } from './endpoint.js';
import { okAnswer } from './gateway-answer.js';
import { answered, outcomeOfFailure, readCallResponse } from './http-call.js';
import { type ExchangeHandlers, HttpExchange } from './http-exchange.js';
import type { HttpFunction } from './http-function.js';
import { HttpJob } from './http-job.js';
import { buildRequest, type HttpRequestParts } from './http-request.js';

/**
 * A connection that was idle for this long is not used again. Servers close idle connections after 2 s (gunicorn) or more (Node and
 * uvicorn 5 s, Tomcat 20 s), and a request that meets such a close cannot be told from one that was lost.
 */
const IDLE_CONNECTION_MS = 1000;
const IDLE_CONNECTIONS = 256;
/** Requests under way at a time; further calls wait in the hold queue. */
const MAX_UNDERWAY = 1000;
/** Pauses between looks at a port that refuses connections while its process lives. */
const REDIAL = { initialMs: 10, maxMs: 500 };

/**
 * The `PORT` of one generation, where its functions are served over plain HTTP: a call is a request, a job is the response to one.
 * Connections are kept for the next call and belong to this generation alone.
 */
export class HttpEndpoint implements FunctionEndpoint {
  readonly isVerified = true;
  readonly #target: DialTarget;
  readonly #functions: ReadonlyMap<string, HttpFunction>;
  readonly #clock: Clock;
  readonly #handlers: EndpointHandlers;
  readonly #agent = new Agent({
    keepAlive: true,
    timeout: IDLE_CONNECTION_MS,
    maxFreeSockets: IDLE_CONNECTIONS,
  });
  readonly #underway = new Set<HttpExchange>();
  /** By the ids that this endpoint gave out, until they were read to the end. */
  readonly #jobs = new Map<string, HttpJob>();
  #holders = 0;
  #closed = false;
  /** Pause before the next look at a port that refused; null: it did not. */
  #redialMs: number | null = null;
  #cancelRedial: CancelTimer | null = null;
  #waitingForReady: (() => void)[] = [];
  #waitingForEmpty: (() => void)[] = [];

  constructor(
    target: DialTarget,
    functions: readonly HttpFunction[],
    clock: Clock,
    handlers: EndpointHandlers,
  ) {
    this.#target = target;
    this.#functions = new Map(functions.map((one) => [one.descriptor.id, one]));
    this.#clock = clock;
    this.#handlers = handlers;
  }

  get isReady(): boolean {
    return !this.#closed && this.#redialMs === null && this.#underway.size < MAX_UNDERWAY;
  }

  retain(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders > 0 || this.#closed) return;
    this.#close();
    this.#agent.destroy();
    this.#handlers.onReleased();
  }

  whenReady(listener: () => void): void {
    if (this.isReady) queueMicrotask(listener);
    else this.#waitingForReady.push(listener);
  }

  /** Nothing to look at again: what is served here was told by somebody who knows. */
  refresh(): void {}

  invoke(request: FunctionRequest, handlers: ChildCallHandlers): ChildCall {
    const parts = this.#build(request, 'call');
    if ('kind' in parts) return settled(parts, handlers);
    const call = new PendingCall(handlers);
    const exchange = this.#open(parts, this.#agent, {
      onResponse: (response) =>
        readCallResponse(response, (outcome) => {
          this.#forget(exchange);
          call.settle(outcome);
        }),
      onFailed: (failure) => call.settle(outcomeOfFailure(failure)),
    });
    return { cancel: () => call.cancel(() => this.#abort(exchange)) };
  }

  /**
   * The job's request. Answered as soon as it is on its way, whatever comes back: that is the job's. On a connection of its own, since
   * nobody could send it again when a kept one turns out to be closed.
   */
  startJob(request: FunctionRequest, handlers: ChildCallHandlers): ChildCall {
    const parts = this.#build(request, 'job');
    if ('kind' in parts) return settled(parts, handlers);
    const call = new PendingCall(handlers);
    const job = new HttpJob(`http-${randomUUID()}`, () => this.#abort(exchange));
    const exchange = this.#open(parts, false, {
      onSent: () => {
        this.#jobs.set(job.id, job);
        const message = StartJobResponse.encode({ jobId: job.id }).finish();
        call.settle({ kind: 'answered', answer: okAnswer(message) });
      },
      onResponse: (response) => job.take(response),
      onFailed: (failure) => {
        if (!this.#jobs.has(job.id)) call.settle(outcomeOfFailure(failure));
        job.fail(failure);
      },
    });
    return { cancel: () => call.cancel(() => this.#abort(exchange)) };
  }

  streamJob(message: Buffer, _metadata: WireMetadata, handlers: ChildCallHandlers): ChildCall {
    const job = this.#jobOf(message);
    if (job === null) return settled(answered(STATUS_CODES.NOT_FOUND, 'there is no such job'), handlers);
    const call = new PendingCall(handlers);
    queueMicrotask(() =>
      job.read({
        onMessage: (event) => {
          if (!call.isSettled) handlers.onMessage?.(event);
        },
        onEnd: (outcome) => {
          this.#jobs.delete(job.id);
          call.settle(outcome);
        },
      }),
    );
    return { cancel: () => call.cancel(() => job.cancel()) };
  }

  /** HTTP has no word for it: the job's request is aborted, which the process sees as a closed connection. */
  cancelJob(request: FunctionRequest, handlers: ChildCallHandlers): ChildCall {
    const job = this.#jobOf(request.message);
    queueMicrotask(() => job?.cancel());
    const message = CancelJobResponse.encode({ jobId: job?.id ?? '' }).finish();
    return settled({ kind: 'answered', answer: okAnswer(message) }, handlers);
  }

  destroy(): void {
    this.#close();
    for (const exchange of [...this.#underway]) exchange.cut('the connection was closed by the gateway');
    this.#agent.destroy();
  }

  async finish(graceMs: number): Promise<void> {
    this.#close();
    if (this.#underway.size > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(graceMs, resolve);
        this.#waitingForEmpty.push(() => {
          cancel();
          resolve();
        });
      });
    }
    this.destroy();
  }

  #close(): void {
    this.#closed = true;
    this.#cancelRedial?.();
  }

  /** The request, or the answer of a call that is not sent. */
  #build(request: FunctionRequest, kind: 'call' | 'job'): HttpRequestParts | CallOutcome {
    const invoke = InvokeRequest.decode(request.message);
    const target = this.#functions.get(invoke.functionId);
    if (target === undefined) {
      return answered(STATUS_CODES.NOT_FOUND, `the process does not serve "${invoke.functionId}"`);
    }
    const parts = buildRequest(target, invoke, { ...request, kind });
    return parts.ok ? parts.value : answered(STATUS_CODES.INVALID_ARGUMENT, parts.error);
  }

  #open(parts: HttpRequestParts, agent: Agent | false, handlers: ExchangeHandlers): HttpExchange {
    const exchange: HttpExchange = new HttpExchange(this.#target, parts, agent, {
      ...handlers,
      onFailed: (failure) => {
        if (failure.kind === 'refused') this.#onRefused();
        this.#forget(exchange);
        handlers.onFailed(failure);
      },
    });
    this.#underway.add(exchange);
    return exchange;
  }

  #abort(exchange: HttpExchange): void {
    exchange.abort();
    this.#forget(exchange);
  }

  #forget(exchange: HttpExchange): void {
    if (!this.#underway.delete(exchange)) return;
    if (this.#underway.size === 0) for (const resolve of this.#waitingForEmpty.splice(0)) resolve();
    if (this.#underway.size === MAX_UNDERWAY - 1) this.#onReady();
  }

  #jobOf(message: Buffer): HttpJob | null {
    const id = readJobId(message);
    return id.ok ? (this.#jobs.get(id.value) ?? null) : null;
  }

  #onReady(): void {
    if (!this.isReady) return;
    for (const listener of this.#waitingForReady.splice(0)) listener();
    this.#handlers.onRoom();
  }

  /** The process lives and does not listen: calls wait until it does, or until it is gone. */
  #onRefused(): void {
    if (this.#closed || this.#redialMs !== null) return;
    this.#redialMs = REDIAL.initialMs;
    this.#redial(REDIAL.initialMs);
    this.#handlers.onChange();
  }

  #redial(pauseMs: number): void {
    this.#redialMs = pauseMs;
    this.#cancelRedial = this.#clock.after(pauseMs, () => {
      const socket = connect(this.#target);
      this.#cancelRedial = () => socket.destroy();
      socket.once('error', () => this.#redial(Math.min(REDIAL.maxMs, pauseMs * 2)));
      socket.once('connect', () => {
        socket.destroy();
        this.#redialMs = null;
        this.#handlers.onChange();
        this.#onReady();
      });
    });
  }
}

/** A call toward the process that has no outcome yet. */
class PendingCall {
  readonly #handlers: ChildCallHandlers;
  #isSettled = false;

  constructor(handlers: ChildCallHandlers) {
    this.#handlers = handlers;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  settle(outcome: CallOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#handlers.onOutcome(outcome);
  }

  /** `abort` ends what is under way; it is called only if there is no outcome yet. */
  cancel(abort: () => void): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    abort();
    queueMicrotask(() => this.#handlers.onOutcome({ kind: 'cancelled' }));
  }
}

/** A call that was decided without the process. */
function settled(outcome: CallOutcome, handlers: ChildCallHandlers): ChildCall {
  const call = new PendingCall(handlers);
  queueMicrotask(() => call.settle(outcome));
  return { cancel: () => call.cancel(() => undefined) };
}
