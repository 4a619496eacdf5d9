import type { CancelTimer, Clock } from '../core/clock.js';
import type { ControlClient } from '../protocol/control-client.js';
import type { Hello } from '../protocol/gen/croupier/tunnel/v1/tunnel.js';
import type { RpcFailure } from '../protocol/rpc.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import type { TunnelStream } from '../protocol/tunnel-stream.js';
import { within } from './server-deadline.js';
import { TunnelCalls } from './tunnel-calls.js';
import { HEARTBEAT_FRAME } from './tunnel-frames.js';
import { TunnelOutbox } from './tunnel-outbox.js';
import type { CallsPort } from './types.js';

/** As edges expect it. */
const HEARTBEAT_MS = 15_000;
/** No frame says that a hello was taken; a stream that was not refused within this time stands. */
const STANDS_AFTER_MS = 250;
/** How long an old stream gets to end in both directions before it is cut: an edge can confuse it with the next one. */
const END_GRACE_MS = 300;

export interface TunnelHandlers {
  /** The edge has taken the tunnel, as far as can be known. */
  onStands(): void;
  /** The peer serves no tunnel. */
  onUnserved(): void;
  /** The stream is over; null: the edge ended it with OK, or does not read it. */
  onEnd(failure: RpcFailure | null): void;
}

/** One stream, from hello to its end. */
interface Line {
  readonly stream: TunnelStream;
  readonly handlers: TunnelHandlers;
  readonly ended: Promise<void>;
  /** A frame of the edge has come. */
  isAnswered: boolean;
  isStanding: boolean;
  cancelTimer: CancelTimer;
}

/** The calls of an edge, over one stream after the other. */
export class Tunnel {
  readonly #clock: Clock;
  readonly #outbox: TunnelOutbox;
  readonly #calls: TunnelCalls;
  #line: Line | null = null;

  constructor(calls: CallsPort, clock: Clock, outbox = new TunnelOutbox()) {
    this.#clock = clock;
    this.#outbox = outbox;
    this.#calls = new TunnelCalls(calls, outbox);
  }

  /** Opens a stream. The one before must have ended: see abandon(). */
  open(client: ControlClient, hello: Hello, handlers: TunnelHandlers): void {
    let resolveEnded = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      resolveEnded = resolve;
    });
    const stream = client.openTunnel(hello, {
      onFrame: (frame) => {
        if (this.#line !== line) return;
        line.isAnswered = true;
        this.#stand(line);
        this.#calls.take(frame, { send: (reply) => this.#send(line, reply) });
      },
      onDrain: () => {
        if (this.#line === line) this.#outbox.drained();
      },
      onEnd: (failure) => {
        resolveEnded();
        this.#onEnd(line, failure);
      },
    });
    const line: Line = {
      stream,
      handlers,
      ended,
      isAnswered: false,
      isStanding: false,
      cancelTimer: this.#clock.after(STANDS_AFTER_MS, () => this.#stand(line)),
    };
    this.#line = line;
  }

  /** Ends the stream without its handlers. Resolves when it has ended, or was cut after a moment. */
  async abandon(): Promise<void> {
    const line = this.#line;
    if (line === null) return;
    this.#drop(line);
    line.stream.end();
    await within(this.#clock, END_GRACE_MS, line.ended);
    line.stream.cancel();
  }

  /** Lets the answers of calls under way go out, for at most so long, and ends the tunnel for good. Takes END_GRACE_MS more at most. */
  async close(timeoutMs: number): Promise<void> {
    const finished = this.#calls.finish().then(() => this.#outbox.emptied());
    if (this.#line !== null) await within(this.#clock, timeoutMs, finished);
    await this.abandon();
    this.#calls.abandon();
  }

  #stand(line: Line): void {
    if (this.#line !== line || line.isStanding) return;
    line.isStanding = true;
    line.cancelTimer();
    this.#outbox.attach(line.stream);
    this.#beatLater(line);
    line.handlers.onStands();
  }

  #beatLater(line: Line): void {
    line.cancelTimer = this.#clock.after(HEARTBEAT_MS, () => {
      this.#send(line, HEARTBEAT_FRAME);
      if (this.#line === line) this.#beatLater(line);
    });
  }

  #send(line: Line, frame: Parameters<TunnelStream['write']>[0]): boolean {
    if (this.#line !== line) return false;
    if (this.#outbox.answer(frame)) return true;
    // An edge that reads no answers is as good as gone, and what it does not read must not pile up here.
    this.#drop(line);
    line.stream.cancel();
    line.handlers.onEnd(null);
    return false;
  }

  #onEnd(line: Line, failure: RpcFailure | null): void {
    if (this.#line !== line) return;
    this.#drop(line);
    const isUnserved = failure?.code === STATUS_CODES.UNIMPLEMENTED && !line.isAnswered;
    if (isUnserved) line.handlers.onUnserved();
    else line.handlers.onEnd(failure);
  }

  #drop(line: Line): void {
    line.cancelTimer();
    this.#outbox.detach();
    this.#line = null;
  }
}
