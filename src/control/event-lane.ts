import type { StampedEvent } from '../core/events.js';

/** An event with its number in the session, from 1. */
export interface LoggedEvent {
  readonly number: number;
  readonly event: StampedEvent;
  /** What it counts for in memory, about. */
  readonly bytes: number;
}

export interface LaneLimits {
  readonly events: number;
  readonly bytes: number;
}

/** Dropped entries are cut off the array when there are this many, so that dropping one is cheap. */
const SLACK = 1024;

/** The newest events of one kind, in order; the oldest are dropped when there are too many or they are too large. */
export class EventLane {
  readonly #limits: LaneLimits;
  #entries: LoggedEvent[] = [];
  /** Index of the oldest that is kept. */
  #first = 0;
  #bytes = 0;
  #droppedThrough = 0;

  constructor(limits: LaneLimits) {
    this.#limits = limits;
  }

  /** Number of the newest event that was dropped; 0: none was. */
  get droppedThrough(): number {
    return this.#droppedThrough;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#entries.length - this.#first;
  }

  add(entry: LoggedEvent): void {
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    while (this.size > this.#limits.events || this.#bytes > this.#limits.bytes) this.#dropOldest();
    if (this.#first < SLACK || this.#first * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }

  /** Events up to a number were dropped before they came here. */
  noteDropped(through: number): void {
    this.#droppedThrough = through;
  }

  /** The events after a number, oldest first, as they are asked for. */
  *after(number: number): Generator<LoggedEvent, void> {
    for (let index = this.#position(number); index < this.#entries.length; index++) {
      const entry = this.#entries[index];
      if (entry !== undefined) yield entry;
    }
  }

  /** The newest `count` events, oldest first. */
  last(count: number): readonly LoggedEvent[] {
    return this.#entries.slice(Math.max(this.#first, this.#entries.length - count));
  }

  #dropOldest(): void {
    const oldest = this.#entries[this.#first];
    this.#first += 1;
    if (oldest === undefined) return;
    this.#bytes -= oldest.bytes;
    this.#droppedThrough = oldest.number;
  }

  /** Index of the first entry after a number. */
  #position(number: number): number {
    let low = this.#first;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && entry.number <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
