import type { RawAnswer, RawUnaryCall } from '../protocol/raw-server.js';
import { NO_METADATA } from '../protocol/wire-metadata.js';

/** A call that came through no connection. */
export class LocalUnaryCall implements RawUnaryCall {
  readonly request: Buffer;
  readonly metadata = NO_METADATA;
  readonly peer = '';
  readonly remainingMs: number | null;
  readonly #onAnswer: (answer: RawAnswer) => void;
  #cancelListener: (() => void) | null = null;
  #isEnded = false;

  constructor(request: Buffer, remainingMs: number | null, onAnswer: (answer: RawAnswer) => void) {
    this.request = request;
    this.remainingMs = remainingMs;
    this.#onAnswer = onAnswer;
  }

  onCancel(listener: () => void): void {
    this.#cancelListener = listener;
  }

  answer(answer: RawAnswer): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onAnswer(answer);
  }

  /** The caller does not wait any longer: it gets this answer, and the call ends wherever it is. */
  abandon(answer: RawAnswer): void {
    if (this.#isEnded) return;
    this.answer(answer);
    this.#cancelListener?.();
  }
}
