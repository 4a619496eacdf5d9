import type { TunnelMessage } from '../protocol/gen/croupier/tunnel/v1/tunnel.js';
import type { TunnelStream } from '../protocol/tunnel-stream.js';
import { frameBytes } from './tunnel-frames.js';

/** What may wait to be sent. */
export interface OutboxLimits {
  /** Answers to frames of the present stream. Over that the other side is not reading. */
  readonly answers: number;
  readonly answerBytes: number;
  /** Job events; over that the oldest ones which are not terminal are dropped. */
  readonly events: number;
  readonly eventBytes: number;
}

/** Twice the calls that may be under way, because what is refused is answered as well; and room for two of the largest messages. */
export const OUTBOX_LIMITS: OutboxLimits = {
  answers: 2_000,
  answerBytes: 128 * 1024 * 1024,
  events: 1_000,
  eventBytes: 4 * 1024 * 1024,
};

interface Waiting {
  readonly frame: TunnelMessage;
  readonly bytes: number;
}

interface WaitingEvent extends Waiting {
  readonly isTerminal: boolean;
}

/**
 * Frames on their way out, at the pace of the stream. Answers belong to the stream whose frame they answer and go first; events of jobs
 * outlive it. Memory is bounded: progress and log events are dropped, how a job ended is not.
 */
export class TunnelOutbox {
  readonly #limits: OutboxLimits;
  #answers: Waiting[] = [];
  #answerBytes = 0;
  readonly #events: WaitingEvent[] = [];
  #eventBytes = 0;
  /** Terminal events that were written and may not have left this machine. */
  readonly #unconfirmed = new Set<WaitingEvent>();
  #stream: Pick<TunnelStream, 'write'> | null = null;
  #isBlocked = false;
  #onEmpty: (() => void)[] = [];

  constructor(limits: OutboxLimits = OUTBOX_LIMITS) {
    this.#limits = limits;
  }

  /** Answers that wait to be sent. */
  get answers(): number {
    return this.#answers.length;
  }

  /** Job events that wait to be sent. */
  get events(): number {
    return this.#events.length;
  }

  /** From now on frames go there; at first the events that are left from before. */
  attach(stream: Pick<TunnelStream, 'write'>): void {
    this.#stream = stream;
    this.#isBlocked = false;
    this.#flush();
  }

  /** The stream has ended: its answers are void, and a job's end that may have got lost with it is sent again. */
  detach(): void {
    this.#stream = null;
    this.#answers = [];
    this.#answerBytes = 0;
    const again = [...this.#unconfirmed];
    this.#unconfirmed.clear();
    this.#events.unshift(...again);
    for (const { bytes } of again) this.#eventBytes += bytes;
  }

  /** The stream has room again. */
  drained(): void {
    this.#isBlocked = false;
    this.#flush();
  }

  /** False: too much waits already, and the frame was not taken. */
  answer(frame: TunnelMessage): boolean {
    const bytes = frameBytes(frame);
    const { answers, answerBytes } = this.#limits;
    const isEmpty = this.#answers.length === 0;
    if (!isEmpty && (this.#answers.length >= answers || this.#answerBytes + bytes > answerBytes)) {
      return false;
    }
    this.#answers.push({ frame, bytes });
    this.#answerBytes += bytes;
    this.#flush();
    return true;
  }

  event(frame: TunnelMessage, isTerminal: boolean): void {
    const event: WaitingEvent = { frame, bytes: frameBytes(frame), isTerminal };
    this.#events.push(event);
    this.#eventBytes += event.bytes;
    this.#flush();
    this.#dropOver();
  }

  /** Resolves when nothing waits any more. */
  emptied(): Promise<void> {
    if (this.#answers.length + this.#events.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty.push(resolve);
    });
  }

  #flush(): void {
    while (this.#stream !== null && !this.#isBlocked) {
      const answer = this.#answers.shift();
      if (answer !== undefined) {
        this.#answerBytes -= answer.bytes;
        this.#isBlocked = !this.#stream.write(answer.frame);
        continue;
      }
      const event = this.#events.shift();
      if (event === undefined) break;
      this.#eventBytes -= event.bytes;
      this.#isBlocked = !this.#writeEvent(this.#stream, event);
    }
    if (this.#answers.length + this.#events.length > 0) return;
    for (const resolve of this.#onEmpty.splice(0)) resolve();
  }

  #writeEvent(stream: Pick<TunnelStream, 'write'>, event: WaitingEvent): boolean {
    if (!event.isTerminal) return stream.write(event.frame);
    this.#unconfirmed.add(event);
    return stream.write(event.frame, () => this.#unconfirmed.delete(event));
  }

  #dropOver(): void {
    while (this.#events.length > this.#limits.events || this.#eventBytes > this.#limits.eventBytes) {
      const oldest = this.#events.findIndex((event) => !event.isTerminal);
      const [dropped] = oldest === -1 ? [] : this.#events.splice(oldest, 1);
      if (dropped === undefined) return;
      this.#eventBytes -= dropped.bytes;
    }
  }
}
