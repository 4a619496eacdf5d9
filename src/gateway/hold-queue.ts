import type { HoldLimits } from '../config/types.js';
import type { CancelTimer, Clock } from '../core/clock.js';

/** A call is answered this long before its caller's deadline, so that the caller gets the reason rather than a timeout. */
const BEFORE_DEADLINE_MS = 100;

/** What the queue has to know about a call. */
export interface Holdable {
  /** Order of arrival; unique. */
  readonly sequence: number;
  /** Size of the request in bytes. */
  readonly bytes: number;
  /** The caller's deadline in clock ms; null: none. */
  readonly deadline: number | null;
  /** In clock ms; later it is not sent to a process any more. null: its deadline alone counts. */
  readonly dispatchBy: number | null;
  /** Until when it may be held, in clock ms; null: it was never held. Kept by the queue. */
  holdUntil: number | null;
}

export type HoldRefusal = 'hold-queue-full' | 'hold-timeout';

interface Entry<T> {
  readonly call: T;
  pool: string;
  cancelTimer: CancelTimer;
}

/**
 * All calls that wait, in order of arrival, each counted in the pool of one service. A call that comes back takes its old
 * place and keeps its old time limit.
 */
export class HoldQueue<T extends Holdable> {
  readonly #clock: Clock;
  readonly #onTimeout: (call: T, pool: string) => void;
  /** Sorted by sequence. */
  readonly #entries: Entry<T>[] = [];
  readonly #pools = new Map<string, { calls: number; bytes: number }>();

  constructor(clock: Clock, onTimeout: (call: T, pool: string) => void) {
    this.#clock = clock;
    this.#onTimeout = onTimeout;
  }

  /** Calls that wait in a pool. */
  size(pool: string): number {
    return this.#pools.get(pool)?.calls ?? 0;
  }

  /** All waiting calls, oldest first, with their pools. */
  snapshot(): readonly { readonly call: T; readonly pool: string }[] {
    return this.#entries.map(({ call, pool }) => ({ call, pool }));
  }

  /**
   * Takes a call in; null: it waits. A call that was held before is taken back even over the limits of number and size: it was
   * accepted once.
   */
  add(call: T, pool: string, limits: HoldLimits): HoldRefusal | null {
    const now = this.#clock.now();
    const isNew = call.holdUntil === null;
    const until = call.holdUntil ?? holdLimit(now, call, limits.timeout);
    if (until <= now) return 'hold-timeout';
    const used = this.#pools.get(pool) ?? { calls: 0, bytes: 0 };
    const isFull = used.calls >= limits.calls || used.bytes + call.bytes > limits.bytes;
    if (isNew && isFull) return 'hold-queue-full';
    call.holdUntil = until;
    const entry: Entry<T> = {
      call,
      pool,
      cancelTimer: this.#clock.after(until - now, () => {
        if (this.#take(entry)) this.#onTimeout(call, entry.pool);
      }),
    };
    this.#entries.splice(this.#position(call.sequence), 0, entry);
    this.#count(pool, 1, call.bytes);
    return null;
  }

  /** Takes a call out; false: it was not there. */
  remove(call: T): boolean {
    const entry = this.#entries[this.#position(call.sequence)];
    return entry?.call === call && this.#take(entry);
  }

  /** Counts a waiting call in another service's pool from now on; its place and time limit stay. */
  move(call: T, pool: string): void {
    const entry = this.#entries[this.#position(call.sequence)];
    if (entry?.call !== call || entry.pool === pool) return;
    this.#count(entry.pool, -1, -call.bytes);
    this.#count(pool, 1, call.bytes);
    entry.pool = pool;
  }

  #take(entry: Entry<T>): boolean {
    const index = this.#entries.indexOf(entry);
    if (index === -1) return false;
    this.#entries.splice(index, 1);
    entry.cancelTimer();
    this.#count(entry.pool, -1, -entry.call.bytes);
    return true;
  }

  #count(pool: string, calls: number, bytes: number): void {
    const used = this.#pools.get(pool) ?? { calls: 0, bytes: 0 };
    used.calls += calls;
    used.bytes += bytes;
    if (used.calls === 0) this.#pools.delete(pool);
    else this.#pools.set(pool, used);
  }

  /** Index of the first entry that did not arrive before the given one. */
  #position(sequence: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && entry.call.sequence < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function holdLimit(now: number, { deadline, dispatchBy }: Holdable, timeoutMs: number): number {
  const never = Number.POSITIVE_INFINITY;
  const beforeDeadline = deadline === null ? never : deadline - BEFORE_DEADLINE_MS;
  return Math.min(now + timeoutMs, beforeDeadline, dispatchBy ?? never);
}
