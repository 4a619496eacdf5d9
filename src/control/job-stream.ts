import type { ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.js';
import { formatSse } from './sse.js';
import { SseConnection } from './sse-connection.js';

/** The gateway keeps 16 MiB of events of all jobs, which base64 and JSON make larger; a client that is behind by more is sent away. */
const MOST_WAITING = 32 * 1024 * 1024;

/** Sends the events of one job to one client, at its own pace. */
export class JobStream {
  readonly #connection: SseConnection;
  #waiting: string[] = [];
  #bytes = 0;
  #isFinished = false;

  constructor(response: ServerResponse, clock: Clock, onClosed: () => void) {
    this.#connection = new SseConnection(response, clock, { onRoom: () => this.#send(), onClosed });
  }

  /** `isLast`: the stream ends with it. */
  add(event: { readonly type: string; readonly data: object }, isLast: boolean): void {
    if (this.#isFinished) return;
    const text = formatSse({ id: null, ...event });
    this.#bytes += text.length;
    if (this.#bytes > MOST_WAITING) {
      this.#isFinished = true;
      this.#waiting = [];
      const data = { type: 'stream.gap', reason: 'too-slow' };
      this.#connection.end(formatSse({ id: null, type: 'stream.gap', data }));
      return;
    }
    this.#waiting.push(text);
    this.#isFinished = isLast;
    this.#send();
  }

  /** The session ends. */
  finish(): void {
    this.#isFinished = true;
    this.#send();
  }

  #send(): void {
    while (!this.#connection.isBlocked) {
      const text = this.#waiting.shift();
      if (text === undefined) break;
      this.#bytes -= text.length;
      this.#connection.write(text);
    }
    if (this.#isFinished && this.#waiting.length === 0) this.#connection.end('');
  }
}
