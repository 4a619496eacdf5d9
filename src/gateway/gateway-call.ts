import type { RawAnswer, RawUnaryCall } from '../protocol/raw-server.js';
import type { WireMetadata } from '../protocol/wire-metadata.js';
import type { Holdable } from './hold-queue.js';
import type { GenerationRef } from './types.js';

/** One Invoke or StartJob on its way through the gateway. */
export class GatewayCall implements Holdable {
  readonly kind: 'call' | 'job';
  readonly functionId: string;
  readonly idempotencyKey: string;
  readonly sequence: number;
  /** In clock ms. */
  readonly deadline: number | null;
  /** In clock ms; null: its deadline alone counts. */
  readonly dispatchBy: number | null;
  /** The generation through whose own listener it came; null: anybody's. */
  readonly origin: GenerationRef | null;
  holdUntil: number | null = null;
  /** It was in the hold queue; counted once. */
  wasHeld = false;
  /** It was sent a second time; there is no third. */
  wasReplayed = false;
  /** Somebody else was asked for its function; once is enough. */
  wasPassedOn = false;
  readonly #raw: RawUnaryCall;
  #isEnded = false;

  constructor(
    raw: RawUnaryCall,
    facts: {
      readonly kind: 'call' | 'job';
      readonly functionId: string;
      readonly idempotencyKey: string;
      readonly sequence: number;
      readonly now: number;
      readonly origin: GenerationRef | null;
      /** In ms from now. */
      readonly dispatchWithinMs: number | null;
    },
  ) {
    this.#raw = raw;
    this.kind = facts.kind;
    this.functionId = facts.functionId;
    this.idempotencyKey = facts.idempotencyKey;
    this.sequence = facts.sequence;
    this.origin = facts.origin;
    this.deadline = raw.remainingMs === null ? null : facts.now + raw.remainingMs;
    this.dispatchBy = facts.dispatchWithinMs === null ? null : facts.now + facts.dispatchWithinMs;
  }

  get bytes(): number {
    return this.#raw.request.length;
  }

  get request(): Buffer {
    return this.#raw.request;
  }

  get metadata(): WireMetadata {
    return this.#raw.metadata;
  }

  /** The time in which it may be sent to a process is over. */
  isTooLate(now: number): boolean {
    return this.dispatchBy !== null && now > this.dispatchBy;
  }

  /** Answered, or the caller went away. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** False: it had ended before. */
  answer(answer: RawAnswer): boolean {
    if (this.#isEnded) return false;
    this.#isEnded = true;
    this.#raw.answer(answer);
    return true;
  }

  /** The caller went away, or its deadline passed. */
  onAbandoned(listener: () => void): void {
    this.#raw.onCancel(() => {
      if (this.#isEnded) return;
      this.#isEnded = true;
      listener();
    });
  }
}
