import type { JobEvent } from '../protocol/gen/croupier/function/v1/function.js';

/** What one job keeps of its events until they are read, besides the last: a chatty job loses its oldest lines. */
export const MAX_JOB_EVENTS = 2000;
export const MAX_JOB_BYTES = 256 * 1024;

/** The events of one job, for any number of readers, each from the start. */
export class JobLog {
  #events: JobEvent[] = [];
  /** Events that were dropped from the start of the list. */
  #dropped = 0;
  #bytes = 0;
  #ended = false;
  readonly #waiting = new Set<() => void>();

  /** What the log holds, in bytes of messages and payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  append(event: JobEvent): void {
    if (this.#ended) return;
    this.#events.push(event);
    this.#bytes += sizeOf(event);
    while (this.#events.length > 1 && (this.#events.length > MAX_JOB_EVENTS || this.#bytes > MAX_JOB_BYTES)) {
      const oldest = this.#events.shift();
      if (oldest === undefined) break;
      this.#bytes -= sizeOf(oldest);
      this.#dropped++;
    }
    this.#wake();
  }

  /** Appends the terminal event; readers end after it, and nothing can follow. */
  end(event: JobEvent): void {
    this.append(event);
    this.#ended = true;
    this.#wake();
  }

  /** All events from the oldest that is kept, then each new one as it comes; ends after the terminal one or on abort. */
  async *read(signal: AbortSignal): AsyncGenerator<JobEvent> {
    let next = 0;
    while (!signal.aborted) {
      next = Math.max(next, this.#dropped);
      const event = this.#events[next - this.#dropped];
      if (event !== undefined) {
        next++;
        yield event;
      } else if (this.#ended) {
        return;
      } else {
        await this.#changed(signal);
      }
    }
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        this.#waiting.delete(finish);
        signal.removeEventListener('abort', finish);
        resolve();
      };
      this.#waiting.add(finish);
      signal.addEventListener('abort', finish);
    });
  }

  #wake(): void {
    for (const finish of this.#waiting) finish();
  }
}

function sizeOf(event: JobEvent): number {
  return event.message.length + event.payload.length;
}
