import type { CancelTimer, Clock } from '../core/clock.js';
import type { WireMetadata } from '../protocol/wire-metadata.js';
import type { NormalEvent } from './job-events.js';
import type { JobLog } from './job-log.js';

/** What is kept of all jobs together. */
export interface JobLimits {
  /** Jobs, live and ended. */
  readonly jobs: number;
  /** Events of all jobs, in bytes. */
  readonly bytes: number;
  /** How long an ended job can still be asked about, in ms. */
  readonly keepMs: number;
}

export const JOB_LIMITS: JobLimits = { jobs: 1000, bytes: 16 * 1024 * 1024, keepMs: 10 * 60_000 };

export interface StoredJob {
  /** The id that callers know. */
  readonly id: string;
  readonly log: JobLog;
}

/** Jobs by id, within limits. A live job is never thrown out; its oldest events are. */
export class JobStore<T extends StoredJob> {
  readonly #clock: Clock;
  readonly #limits: JobLimits;
  readonly #live = new Map<string, T>();
  /** In the order in which they ended. */
  readonly #ended = new Map<string, { readonly job: T; readonly cancelTimer: CancelTimer }>();
  #bytes = 0;

  constructor(clock: Clock, limits: JobLimits = JOB_LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get live(): readonly T[] {
    return [...this.#live.values()];
  }

  get liveCount(): number {
    return this.#live.size;
  }

  get(id: string): T | undefined {
    return this.#live.get(id) ?? this.#ended.get(id)?.job;
  }

  /** Takes a new job in; the oldest ended one makes room for it. */
  add(job: T): void {
    if (this.#live.size + this.#ended.size >= this.#limits.jobs) this.#evictOldest();
    this.#live.set(job.id, job);
  }

  /** Appends an event of a live job and makes room for it. `trailers` for readers, with the terminal event. */
  append(job: T, event: NormalEvent, trailers: WireMetadata): void {
    if (!this.#live.has(job.id)) return;
    job.log.append(event.bytes, event.end === null ? null : trailers);
    this.#bytes += event.bytes.length;
    if (event.end !== null) this.#end(job);
    while (this.#bytes > this.#limits.bytes && this.#makeRoom(job)) {
      // One victim after the other.
    }
    job.log.notify();
  }

  /** Forgets everything. */
  clear(): void {
    for (const { cancelTimer } of this.#ended.values()) cancelTimer();
    this.#ended.clear();
    this.#live.clear();
    this.#bytes = 0;
  }

  #end(job: T): void {
    this.#live.delete(job.id);
    const cancelTimer = this.#clock.after(this.#limits.keepMs, () => this.#evict(job.id));
    this.#ended.set(job.id, { job, cancelTimer });
  }

  /** False: there is nothing more to throw out. */
  #makeRoom(newest: T): boolean {
    const [oldestId] = this.#ended.keys();
    if (oldestId !== undefined && oldestId !== newest.id) {
      this.#evict(oldestId);
      return true;
    }
    let largest: T | null = newest.log.droppable > 0 ? newest : null;
    for (const job of this.#live.values()) {
      if (job.log.droppable > 0 && job.log.bytes > (largest?.log.bytes ?? -1)) largest = job;
    }
    const freed = largest?.log.dropOldest() ?? null;
    if (freed === null) return false;
    this.#bytes -= freed;
    return true;
  }

  #evictOldest(): void {
    const [oldestId] = this.#ended.keys();
    if (oldestId !== undefined) this.#evict(oldestId);
  }

  /** Those who read an evicted job read on: they hold its events themselves. */
  #evict(id: string): void {
    const entry = this.#ended.get(id);
    if (entry === undefined) return;
    entry.cancelTimer();
    this.#ended.delete(id);
    this.#bytes -= entry.job.log.bytes;
  }
}
