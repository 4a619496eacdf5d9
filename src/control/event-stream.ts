import type { ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.js';
import type { EventFilter, EventLog } from './event-log.js';
import { formatSse } from './sse.js';
import { SseConnection } from './sse-connection.js';

/** Bytes that are handed to the system at once. */
const BATCH_BYTES = 64 * 1024;

export interface EventStreamOptions {
  readonly log: EventLog;
  readonly filter: EventFilter;
  /** It gets what came after this. */
  readonly position: number;
  /** What it asked to go on from is of another session: it is told so first. */
  readonly isLost: boolean;
  readonly response: ServerResponse;
  readonly clock: Clock;
  onClosed(): void;
}

/**
 * Sends the events of a session to one client at its own pace, out of the log that all share. One that falls so far behind that the log
 * has dropped what comes next for it is told so, and sent away: it can come back with the id that it had last.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #connection: SseConnection;
  readonly #stopListening: () => void;
  #position: number;
  #isFirst = true;
  #isScheduled = false;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#position = options.position;
    const { log, response, clock } = options;
    this.#connection = new SseConnection(response, clock, {
      onRoom: () => this.#schedule(),
      onClosed: () => {
        this.#stopListening();
        options.onClosed();
      },
    });
    if (options.isLost) this.#connection.write(gap('another-session'));
    this.#stopListening = log.onAdded(() => this.#schedule());
    this.#schedule();
  }

  /** Sends what there is, and ends. */
  finish(): void {
    this.#send();
    this.#connection.end('');
  }

  /** Once a turn of the event loop, so that many events go out together. */
  #schedule(): void {
    if (this.#isScheduled || this.#connection.isBlocked) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#send();
    });
  }

  #send(): void {
    const { log, filter } = this.#options;
    while (!this.#connection.isBlocked && !this.#connection.isEnded) {
      const { events, position, hasGap } = log.read(this.#position, filter, BATCH_BYTES);
      if (hasGap && !this.#isFirst) {
        this.#connection.end(gap('too-slow'));
        return;
      }
      const missing = hasGap ? gap('dropped') : '';
      this.#isFirst = false;
      this.#position = position;
      const text = events
        .map(({ number, event }) => formatSse({ id: log.idOf(number), type: event.type, data: event }))
        .join('');
      if (missing + text !== '') this.#connection.write(missing + text);
      if (position === log.last) return;
    }
  }
}

/**
 * What a client is told in place of events that it does not get. `dropped`: they came so long ago that they are not kept any more;
 * `too-slow`: the same, while it was connected, and the stream ends; `another-session`: the id is not of this session, and what this one
 * keeps comes from its start.
 */
export type GapReason = 'dropped' | 'too-slow' | 'another-session';

function gap(reason: GapReason): string {
  return formatSse({ id: null, type: 'stream.gap', data: { type: 'stream.gap', reason } });
}
