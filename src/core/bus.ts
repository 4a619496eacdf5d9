import type { CroupierEvent, StampedEvent } from './events.js';

export type EventSink = (event: StampedEvent) => void;

/** Hands every event of a session to its sinks, in order, stamped with the time. Sinks must not throw. */
export class EventBus {
  readonly #sinks = new Set<EventSink>();
  readonly #now: () => Date;

  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  /** Adds a sink; the returned function takes it away again. */
  subscribe(sink: EventSink): () => void {
    this.#sinks.add(sink);
    return () => this.#sinks.delete(sink);
  }

  publish(event: CroupierEvent): void {
    const stamped: StampedEvent = { ...event, time: this.#now().toISOString() };
    for (const sink of this.#sinks) sink(stamped);
  }
}
