import { randomBytes } from 'node:crypto';
import type { CroupierEvent, StampedEvent } from '../core/events.js';
import { EventLane, type LaneLimits, type LoggedEvent } from './event-lane.js';

export type OutputEvent = Extract<CroupierEvent, { type: 'process.output' }>;

/** Which events a reader wants; null: all. What tells the end of the session is always among them. */
export interface EventFilter {
  readonly types: ReadonlySet<string> | null;
  readonly service: string | null;
}

/** What a reader has not had yet. */
export interface EventBatch {
  readonly events: readonly LoggedEvent[];
  /** To go on from. */
  readonly position: number;
  /** Something that it wanted was dropped before it came to it. */
  readonly hasGap: boolean;
}

/** Where to go on from, as a reader says it. */
export type StartingPoint =
  | { readonly kind: 'position'; readonly position: number }
  /** The id is of an earlier session, or of none. */
  | { readonly kind: 'unknown' };

const OUTPUT_TYPE: OutputEvent['type'] = 'process.output';
/** A day's work has a few hundred; what they say of a build (its output) can be long. */
const EVENTS: LaneLimits = { events: 1000, bytes: 4 * 1024 * 1024 };
/** Of one service. */
const OUTPUT: LaneLimits = { events: 10_000, bytes: 2 * 1024 * 1024 };
/** Services whose output is kept, those of before a change of the configuration included. */
const OUTPUT_LANES = 64;
/** What an event costs beside its text. */
const OVERHEAD_BYTES = 160;

/**
 * The newest events of a session, numbered in their order. The output of each service has room of its own, so that a process which
 * writes much pushes nothing else out. Readers come back with where they were, and nothing is kept for them.
 */
export class EventLog {
  /** Tells the ids of this session from those of another. */
  readonly #session = randomBytes(4).toString('hex');
  readonly #events = new EventLane(EVENTS);
  /** By service. */
  readonly #output = new Map<string, EventLane>();
  readonly #listeners = new Set<() => void>();
  readonly #fill: () => void;
  #last = 0;
  #stampedAt = 0;
  #stamp = '';

  /** `fill`: adds what is not here yet, since nobody wanted to read it; called before anything is read or follows it. */
  constructor(fill: () => void = () => undefined) {
    this.#fill = fill;
  }

  /** Number of the newest event; 0: there was none. */
  get last(): number {
    this.#fill();
    return this.#last;
  }

  /** Bytes that are kept, about. */
  get bytes(): number {
    let bytes = this.#events.bytes;
    for (const lane of this.#output.values()) bytes += lane.bytes;
    return bytes;
  }

  add(event: StampedEvent): void {
    this.#fill();
    this.#add(event);
    this.announce();
  }

  /** Takes a line that nobody else is told of: it was written `at` (ms since 1970), and all that is to come before it is here. */
  addOutput(event: OutputEvent, at: number): void {
    if (at !== this.#stampedAt) {
      this.#stampedAt = at;
      this.#stamp = new Date(at).toISOString();
    }
    this.#add({ ...event, time: this.#stamp });
  }

  /** Output of a service was dropped that came before what is added next. */
  noteGap(service: string): void {
    this.#last += 1;
    this.#outputOf(service).noteDropped(this.#last);
  }

  /** There is something to read, or to be filled in. */
  announce(): void {
    for (const listener of this.#listeners) listener();
  }

  #add(event: StampedEvent): void {
    this.#last += 1;
    const isOutput = event.type === OUTPUT_TYPE;
    const bytes = OVERHEAD_BYTES + (isOutput ? event.line.length : JSON.stringify(event).length);
    const lane = isOutput ? this.#outputOf(event.service) : this.#events;
    lane.add({ number: this.#last, event, bytes });
  }

  /** Calls back when there may be something to read; the returned function ends that. */
  onAdded(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What comes after a position, oldest first, until it is about `limit` bytes. */
  read(position: number, filter: EventFilter, limit: number): EventBatch {
    this.#fill();
    const output = this.#outputFor(filter);
    const missesOthers = wantsOthers(filter) && this.#events.droppedThrough > position;
    const hasGap = missesOthers || output.some((lane) => lane.droppedThrough > position);
    const events: LoggedEvent[] = [];
    let bytes = 0;
    for (const entry of inOrder([this.#events, ...output].map((lane) => lane.after(position)))) {
      if (!isWanted(entry.event, filter)) continue;
      if (bytes > 0 && bytes + entry.bytes > limit) {
        return { events, position: events.at(-1)?.number ?? position, hasGap };
      }
      events.push(entry);
      bytes += entry.bytes;
    }
    return { events, position: this.#last, hasGap };
  }

  /** The newest lines of output of one service or all, oldest first. */
  lines(service: string | null, count: number): readonly LoggedEvent[] {
    this.#fill();
    const newest = this.#outputFor({ types: null, service }).flatMap((lane) => [...lane.last(count)]);
    return newest.sort((a, b) => a.number - b.number).slice(Math.max(0, newest.length - count));
  }

  /** What readers know a position by. */
  idOf(position: number): string {
    return `${this.#session}-${position}`;
  }

  positionOf(id: string): StartingPoint {
    const [session, digits = ''] = id.split('-');
    const position = /^\d{1,15}$/.test(digits) ? Number(digits) : Number.NaN;
    return session === this.#session && position <= this.#last
      ? { kind: 'position', position }
      : { kind: 'unknown' };
  }

  #outputFor({ types, service }: EventFilter): readonly EventLane[] {
    if (types !== null && !types.has(OUTPUT_TYPE)) return [];
    return [...this.#output].flatMap(([name, lane]) => (service === null || service === name ? [lane] : []));
  }

  #outputOf(service: string): EventLane {
    const known = this.#output.get(service);
    if (known !== undefined) return known;
    const [oldest] = this.#output.keys();
    if (this.#output.size >= OUTPUT_LANES && oldest !== undefined) this.#output.delete(oldest);
    const lane = new EventLane(OUTPUT);
    this.#output.set(service, lane);
    return lane;
  }
}

function wantsOthers({ types }: EventFilter): boolean {
  return types === null || [...types].some((type) => type !== OUTPUT_TYPE);
}

/** The end of the session is told to everybody. */
function isWanted(event: StampedEvent, { types, service }: EventFilter): boolean {
  if (event.type === 'session.closed') return true;
  if (types !== null && !types.has(event.type)) return false;
  return service === null || ('service' in event && event.service === service);
}

/** Merges sequences that are each in order of their numbers. */
function* inOrder(sequences: readonly Generator<LoggedEvent, void>[]): Generator<LoggedEvent, void> {
  const heads = sequences.flatMap((rest) => {
    const { value } = rest.next();
    return value === undefined ? [] : [{ value, rest }];
  });
  for (;;) {
    const [first] = heads;
    if (first === undefined) return;
    let least = first;
    for (const head of heads) if (head.value.number < least.value.number) least = head;
    yield least.value;
    const { value } = least.rest.next();
    if (value === undefined) heads.splice(heads.indexOf(least), 1);
    else least.value = value;
  }
}
