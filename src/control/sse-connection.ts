import type { ServerResponse } from 'node:http';
import type { CancelTimer, Clock } from '../core/clock.js';
import { HEARTBEAT } from './sse.js';

/** Shorter than the idle limits of the proxies in the field (ms). */
const HEARTBEAT_MS = 15_000;
/** A client that takes nothing for this long is not there any more (ms). */
const STUCK_MS = 30_000;
/** For the last bytes to a client that is slow (ms). */
const END_MS = 5_000;

/**
 * One client of an event stream. What it does not take is not gathered here: whoever writes stops while `isBlocked` and goes on when
 * it is called back.
 */
export class SseConnection {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #onRoom: () => void;
  #blockedSince: number | null = null;
  #cancelHeartbeat: CancelTimer = () => {};
  #isEnded = false;

  /** `onRoom`: it takes more again. `onClosed`: the client went away, or the stream has ended; once. */
  constructor(
    response: ServerResponse,
    clock: Clock,
    handlers: { readonly onRoom: () => void; readonly onClosed: () => void },
  ) {
    this.#response = response;
    this.#clock = clock;
    this.#onRoom = handlers.onRoom;
    response.on('drain', () => this.#unblock());
    response.on('close', () => {
      this.#isEnded = true;
      this.#cancelHeartbeat();
      handlers.onClosed();
    });
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // A stream has its connection to itself, which ends with it.
      connection: 'close',
      // Proxies that gather answers would hold the events back.
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    this.#beat();
  }

  get isBlocked(): boolean {
    return this.#blockedSince !== null;
  }

  /** The last bytes are on their way, or the client is gone. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  write(text: string): void {
    if (this.#isEnded || this.#response.write(text)) return;
    this.#blockedSince ??= this.#clock.now();
  }

  /** Sends the last event. A client that does not take it is cut off. */
  end(text: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#cancelHeartbeat();
    const cancelCut = this.#clock.after(END_MS, () => this.cut());
    this.#response.on('close', cancelCut);
    this.#response.end(text);
  }

  cut(): void {
    this.#response.destroy();
  }

  #unblock(): void {
    this.#blockedSince = null;
    if (!this.#isEnded) this.#onRoom();
  }

  #beat(): void {
    this.#cancelHeartbeat = this.#clock.after(HEARTBEAT_MS, () => {
      if (this.#isEnded) return;
      if (this.#blockedSince === null) this.write(HEARTBEAT);
      else if (this.#clock.now() - this.#blockedSince >= STUCK_MS) {
        this.cut();
        return;
      }
      this.#beat();
    });
  }
}
