import type { InvokeFrame, TunnelMessage } from '../protocol/gen/croupier/tunnel/v1/tunnel.js';
import {
  failedResultFrame,
  failedStartFrame,
  jobEventFrame,
  jobResultFrame,
  resultFrame,
  servicesFrame,
  startedFrame,
  unknownJobFrame,
} from './tunnel-frames.js';
import type { TunnelOutbox } from './tunnel-outbox.js';
import type { CallFailure, CallRequest, CallsPort } from './types.js';

/** Calls that may be under way by tunnel, answers that wait to be sent included. */
export const MAX_UNDERWAY = 1_000;

/** An edge gives up after 5 s and may then run the call another way: later than this a call is not sent to a process any more. */
const DISPATCH_WITHIN_MS = 4_500;

/** Where the answers to one stream's frames go. */
export interface Replies {
  /** False: that stream is gone, and so is whoever asked. */
  send(frame: TunnelMessage): boolean;
}

/**
 * What an edge asks for. The `request_id` of a frame is handed back and means nothing else: it is the idempotency key or a constant.
 * Calls outlive the stream they came by, since they may have run; their answers do not.
 */
export class TunnelCalls {
  readonly #calls: CallsPort;
  readonly #outbox: TunnelOutbox;
  readonly #limit: number;
  readonly #over = new AbortController();
  #underway = 0;
  #isClosing = false;
  #onIdle: (() => void) | null = null;

  constructor(calls: CallsPort, outbox: TunnelOutbox, limit = MAX_UNDERWAY) {
    this.#calls = calls;
    this.#outbox = outbox;
    this.#limit = limit;
  }

  /** Takes one frame of an edge. Frames of a type that is not known, or without the body that the type names, are ignored. */
  take(frame: TunnelMessage, replies: Replies): void {
    switch (frame.type) {
      case 'invoke':
        if (frame.invoke !== undefined) void this.#invoke(frame.invoke, replies);
        return;
      case 'start_job':
        if (frame.start !== undefined) void this.#start(frame.start, replies);
        return;
      case 'cancel_job':
        if (frame.cancel !== undefined) this.#calls.cancelJob(frame.cancel.jobId);
        return;
      case 'list_local_req':
        if (frame.listReq !== undefined) {
          const { requestId, functionId } = frame.listReq;
          replies.send(servicesFrame(requestId, functionId, this.#calls.serviceIds(functionId)));
        }
        return;
      case 'get_job_result_req':
        if (frame.jobResReq !== undefined) {
          const { requestId, jobId } = frame.jobResReq;
          const result = this.#calls.jobResult(jobId);
          replies.send(
            result === null ? unknownJobFrame(requestId, jobId) : jobResultFrame(requestId, result),
          );
        }
        return;
      default:
        return;
    }
  }

  /** Refuses what comes from now on; resolves when nothing is under way. */
  finish(): Promise<void> {
    this.#isClosing = true;
    if (this.#underway === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Nobody waits for answers or events any more. */
  abandon(): void {
    this.#isClosing = true;
    this.#over.abort();
  }

  async #invoke(frame: InvokeFrame, replies: Replies): Promise<void> {
    const refusal = this.#admit();
    if (refusal !== null) {
      replies.send(failedResultFrame(frame.requestId, refusal));
      return;
    }
    const result = await this.#calls.invoke(toRequest(frame), this.#over.signal);
    replies.send(
      result.ok
        ? resultFrame(frame.requestId, result.value)
        : failedResultFrame(frame.requestId, result.error),
    );
    this.#end();
  }

  async #start(frame: InvokeFrame, replies: Replies): Promise<void> {
    const refusal = this.#admit();
    if (refusal !== null) {
      replies.send(failedStartFrame(frame.requestId, refusal));
      return;
    }
    const result = await this.#calls.startJob(toRequest(frame), this.#over.signal);
    if (!result.ok) {
      replies.send(failedStartFrame(frame.requestId, result.error));
    } else if (result.value === '') {
      replies.send(failedStartFrame(frame.requestId, unknownFunction(frame.functionId)));
    } else if (replies.send(startedFrame(frame.requestId, result.value))) {
      this.#follow(result.value);
    }
    this.#end();
  }

  /** Passes on the events of a job until its end, over whatever stream is open then. */
  #follow(jobId: string): void {
    const isKnown = this.#calls.readJob(
      jobId,
      (event) => {
        const isTerminal = event.type === 'done' || event.type === 'error';
        this.#outbox.event(jobEventFrame(jobId, event), isTerminal);
      },
      this.#over.signal,
    );
    if (isKnown) return;
    const lost = { type: 'error', message: 'the job is not known any more', progress: 0 };
    this.#outbox.event(jobEventFrame(jobId, { ...lost, payload: Buffer.alloc(0) }), true);
  }

  #admit(): CallFailure | null {
    if (this.#isClosing) return ENDING;
    if (this.#underway + this.#outbox.answers >= this.#limit) return tooMany(this.#limit);
    this.#underway += 1;
    return null;
  }

  #end(): void {
    this.#underway -= 1;
    if (this.#underway === 0) this.#onIdle?.();
  }
}

function toRequest(frame: InvokeFrame): CallRequest {
  return {
    functionId: frame.functionId,
    idempotencyKey: frame.idempotencyKey,
    payload: frame.payload,
    metadata: frame.metadata,
    // An edge neither cancels nor says how long it waits; what comes later than it waited is sent all the same.
    deadlineMs: null,
    dispatchWithinMs: DISPATCH_WITHIN_MS,
  };
}

const ENDING: CallFailure = { code: 'UNAVAILABLE', message: 'the session is ending', reason: null };

function tooMany(limit: number): CallFailure {
  return {
    code: 'RESOURCE_EXHAUSTED',
    message: `${limit} calls are under way through this tunnel`,
    reason: null,
  };
}

function unknownFunction(functionId: string): CallFailure {
  return {
    code: 'NOT_FOUND',
    message: `no service knows the function "${functionId.slice(0, 200)}"`,
    reason: null,
  };
}
