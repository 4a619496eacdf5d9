import type { CancelTimer, Clock } from '../core/clock.js';
import type { DialTarget } from './address.js';
import { type ChildCall, type ChildCallHandlers, type ChildRequest, refuseCall } from './child-call.js';
import { type Dial, type DialFailure, dial } from './child-dial.js';
import { ChildSession } from './child-session.js';
import type { TlsMaterial } from './tls.js';

/** A first connection is on the path from saving a file to the first answer: looked for every few ms. */
const FIRST_DIAL = { initialMs: 2, maxMs: 100 };
/** A connection that broke while the process lives. */
const REDIAL = { initialMs: 10, maxMs: 500 };
/** Calls about jobs that may wait for a free stream: one stream and one cancellation for each of 1,000 jobs. */
const MAX_WAITING = 2000;

export interface ChildChannelHandlers {
  /** isConnected changed. */
  onChange(): void;
  /** hasRoom may have become true. */
  onRoom(): void;
  /** A dial failed. Dialling goes on. */
  onDialFailed?(failure: DialFailure): void;
}

interface Waiting {
  readonly request: ChildRequest;
  readonly handlers: ChildCallHandlers;
  call: ChildCall | null;
}

/**
 * The one kept connection to a child's `rpc_addr`. Dials at once, and again whenever the connection is lost, until closed.
 * Sends no pings: servers of the field punish those that come more often than every five minutes.
 */
export class ChildChannel {
  readonly #targets: readonly DialTarget[];
  readonly #tls: TlsMaterial | null;
  readonly #clock: Clock;
  readonly #handlers: ChildChannelHandlers;
  #state: 'open' | 'finishing' | 'closed' = 'open';
  /** The connection that takes new calls. */
  #session: ChildSession | null = null;
  /** Connections that end with their last call. */
  readonly #closing = new Set<ChildSession>();
  #dial: Dial | null = null;
  #cancelRetry: CancelTimer | null = null;
  #backoffMs = FIRST_DIAL.initialMs;
  #wasConnected = false;
  /** After a refused stream: how long the pause is, when the last one ended, and the one under way. */
  #pauseMs = REDIAL.initialMs;
  #pauseEndedAt = Number.NEGATIVE_INFINITY;
  #cancelPause: CancelTimer | null = null;
  readonly #waiting: Waiting[] = [];
  #lastFailure: string | null = null;
  #onEmpty: (() => void)[] = [];

  /** @param tls null: plain text */
  constructor(
    targets: readonly DialTarget[],
    tls: TlsMaterial | null,
    clock: Clock,
    handlers: ChildChannelHandlers,
  ) {
    this.#targets = targets;
    this.#tls = tls;
    this.#clock = clock;
    this.#handlers = handlers;
    void this.#connect();
  }

  get isConnected(): boolean {
    return this.#session !== null;
  }

  /** Why the last dial failed; null: it did not, or a connection is up. */
  get lastFailure(): string | null {
    return this.#lastFailure;
  }

  /**
   * Whether a function call can be sent now. Where the child limits its streams, one is left for calls about jobs, so that a job
   * can be cancelled while the rest is taken.
   */
  get hasRoom(): boolean {
    if (this.#session === null || this.#cancelPause !== null || this.#waiting.length > 0) return false;
    const room = this.#session.room;
    return room > 1 || (room === 1 && this.#session.size === 0);
  }

  /** Sends a call if the connection is up and the child takes another stream; else the outcome is `refused`. */
  start(request: ChildRequest, handlers: ChildCallHandlers): ChildCall {
    return this.#session?.start(request, handlers) ?? refuseCall(handlers, 'there is no connection');
  }

  /** As start, but waits for a free stream where the child limits them. */
  startOrWait(request: ChildRequest, handlers: ChildCallHandlers): ChildCall {
    const session = this.#session;
    if (session === null || this.#waiting.length >= MAX_WAITING) {
      return refuseCall(
        handlers,
        session === null ? 'there is no connection' : 'too many calls wait for a stream',
      );
    }
    const call = this.#waiting.length === 0 ? session.start(request, handlers) : null;
    if (call !== null) return call;
    const waiting: Waiting = { request, handlers, call: null };
    this.#waiting.push(waiting);
    return {
      cancel: () => {
        if (waiting.call !== null) {
          waiting.call.cancel();
          return;
        }
        const index = this.#waiting.indexOf(waiting);
        if (index === -1) return;
        this.#waiting.splice(index, 1);
        queueMicrotask(() => handlers.onOutcome({ kind: 'cancelled' }));
      },
    };
  }

  /** Takes no new calls; the connection ends with the last call under way. */
  close(): void {
    if (!this.#stop()) return;
    this.#session?.close();
  }

  /** Resets what is under way (`lost`; what was not sent is `refused`) and ends the connection. */
  destroy(): void {
    this.#stop();
    this.#session?.destroy();
    for (const session of this.#closing) session.destroy();
  }

  /**
   * The process behind the connection is gone: reads to the end what it still sent, for at most `graceMs`, then destroys.
   * Resolves when every call has its outcome.
   */
  async finish(graceMs: number): Promise<void> {
    if (this.#state !== 'closed') this.#state = 'finishing';
    this.#stopDialling();
    if (this.#session !== null || this.#closing.size > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(graceMs, resolve);
        this.#onEmpty.push(() => {
          cancel();
          resolve();
        });
      });
    }
    this.destroy();
    // Streams that ended with the connection are judged in the turn after.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #stop(): boolean {
    if (this.#state === 'closed') return false;
    this.#state = 'closed';
    this.#stopDialling();
    this.#cancelPause?.();
    this.#refuseWaiting();
    return true;
  }

  #stopDialling(): void {
    this.#dial?.cancel();
    this.#cancelRetry?.();
  }

  async #connect(): Promise<void> {
    const attempt = dial(this.#targets, this.#tls, this.#clock);
    this.#dial = attempt;
    const result = await attempt.result;
    this.#dial = null;
    if (this.#state !== 'open') {
      if (result.ok) result.value.session.destroy();
      return;
    }
    if (!result.ok) {
      this.#lastFailure = result.error.message;
      this.#handlers.onDialFailed?.(result.error);
      if (this.#state === 'open') this.#retry();
      return;
    }
    this.#lastFailure = null;
    this.#wasConnected = true;
    this.#backoffMs = REDIAL.initialMs;
    const session: ChildSession = new ChildSession(result.value, {
      onClosing: () => this.#leave(session),
      onClosed: () => this.#forget(session),
      onRoom: () => this.#useRoom(),
      onRefused: () => this.#pause(),
    });
    this.#session = session;
    this.#handlers.onChange();
  }

  #retry(): void {
    const { initialMs, maxMs } = this.#wasConnected ? REDIAL : FIRST_DIAL;
    const ms = Math.max(initialMs, this.#backoffMs);
    this.#backoffMs = Math.min(maxMs, ms * 2);
    this.#cancelRetry = this.#clock.after(ms, () => void this.#connect());
  }

  /** The session takes no more calls: the next one needs a new connection, which is dialled at once. */
  #leave(session: ChildSession): void {
    if (this.#session !== session) return;
    this.#session = null;
    this.#closing.add(session);
    this.#refuseWaiting();
    if (this.#state === 'open') void this.#connect();
    this.#handlers.onChange();
  }

  #forget(session: ChildSession): void {
    this.#closing.delete(session);
    if (this.#session !== null || this.#closing.size > 0) return;
    for (const resolve of this.#onEmpty.splice(0)) resolve();
  }

  #useRoom(): void {
    const session = this.#session;
    if (session === null) return;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const call = session.start(next.request, next.handlers);
      if (call === null) break;
      next.call = call;
      this.#waiting.shift();
    }
    this.#handlers.onRoom();
  }

  /** A living child that refuses streams is given time, or the same call would be sent without end. */
  #pause(): void {
    if (this.#cancelPause !== null || this.#state !== 'open') return;
    const isNew = this.#clock.now() - this.#pauseEndedAt > REDIAL.maxMs;
    this.#pauseMs = isNew ? REDIAL.initialMs : Math.min(REDIAL.maxMs, this.#pauseMs * 2);
    this.#cancelPause = this.#clock.after(this.#pauseMs, () => {
      this.#cancelPause = null;
      this.#pauseEndedAt = this.#clock.now();
      this.#handlers.onRoom();
    });
  }

  #refuseWaiting(): void {
    for (const waiting of this.#waiting.splice(0)) refuseCall(waiting.handlers, 'the connection was closed');
  }
}
