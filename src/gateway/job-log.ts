import type { RawStreamCall } from '../protocol/raw-server.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import type { WireMetadata } from '../protocol/wire-metadata.js';
import { droppedEvent } from './job-events.js';

/** The events of one job in order, the oldest of which may have been dropped, and everybody who reads them. */
export class JobLog {
  readonly #events: Buffer[] = [];
  /** How many were dropped at the front: the absolute index of the first that is kept. */
  #dropped = 0;
  #bytes = 0;
  /** Set once the terminal event is in: the trailing metadata for readers. */
  #trailers: WireMetadata | null = null;
  readonly #readers = new Set<Reader>();

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Absolute index after the last event. */
  get length(): number {
    return this.#dropped + this.#events.length;
  }

  /** Events that may be dropped: all but the terminal one. */
  get droppable(): number {
    return this.#events.length - (this.#trailers === null ? 0 : 1);
  }

  get dropped(): number {
    return this.#dropped;
  }

  get trailers(): WireMetadata | null {
    return this.#trailers;
  }

  at(index: number): Buffer | undefined {
    return this.#events[index - this.#dropped];
  }

  /** `trailers` with the terminal event, after which nothing may come. Readers are told by notify(). */
  append(event: Buffer, trailers: WireMetadata | null): void {
    if (this.#trailers !== null) throw new Error('an event after the terminal one');
    this.#events.push(event);
    this.#bytes += event.length;
    this.#trailers = trailers;
  }

  /** Drops the oldest event; the number of bytes that this freed, or null where nothing may be dropped. */
  dropOldest(): number | null {
    const event = this.droppable > 0 ? this.#events.shift() : undefined;
    if (event === undefined) return null;
    this.#dropped += 1;
    this.#bytes -= event.length;
    return event.length;
  }

  notify(): void {
    for (const reader of [...this.#readers]) reader.continue();
  }

  /** Sends everything to a caller, from the start, at the caller's own pace. */
  read(call: RawStreamCall): void {
    const reader = new Reader(this, call, () => this.#readers.delete(reader));
    this.#readers.add(reader);
    reader.continue();
  }
}

class Reader {
  readonly #log: JobLog;
  readonly #call: RawStreamCall;
  readonly #onEnd: () => void;
  #cursor = 0;
  #isBlocked = false;
  #isEnded = false;

  constructor(log: JobLog, call: RawStreamCall, onEnd: () => void) {
    this.#log = log;
    this.#call = call;
    this.#onEnd = onEnd;
    call.onCancel(() => this.#finish());
    call.onDrain(() => {
      this.#isBlocked = false;
      this.continue();
    });
  }

  continue(): void {
    while (!this.#isBlocked && !this.#isEnded) {
      const missed = this.#log.dropped - this.#cursor;
      if (missed > 0) {
        this.#cursor = this.#log.dropped;
        this.#write(droppedEvent(missed));
        continue;
      }
      const event = this.#log.at(this.#cursor);
      if (event !== undefined) {
        this.#cursor += 1;
        this.#write(event);
        continue;
      }
      const trailers = this.#log.trailers;
      if (trailers === null) return;
      this.#finish();
      this.#call.end({ code: STATUS_CODES.OK, message: '' }, trailers);
    }
  }

  #write(event: Buffer): void {
    this.#isBlocked = !this.#call.write(event);
  }

  #finish(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnd();
  }
}
