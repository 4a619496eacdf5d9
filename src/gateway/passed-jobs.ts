import { readJobId } from '../protocol/raw-codec.js';
import type { RawAnswer, RawStreamCall, RawUnaryCall } from '../protocol/raw-server.js';
import { internalError } from './gateway-answer.js';
import type { JobCalls } from './job-calls.js';
import type { Jobs } from './jobs.js';
import { markPassed } from './passed-calls.js';
import type { ElsewherePort, PassedCall } from './types.js';

/** As many as the gateway keeps of its own jobs; beyond that, the one that was not asked about for longest is forgotten. */
const MAX_IDS = 1000;

/** Jobs as generations see them: the gateway's own, and those that somebody else started for a call that was passed on. */
export class PassedJobs implements JobCalls {
  readonly #own: Jobs;
  readonly #port: ElsewherePort | null;
  /** Least recently used first. */
  readonly #ids = new Set<string>();
  /** What was asked elsewhere and has no answer yet. */
  readonly #underway = new Map<AbortController, (answer: RawAnswer) => void>();

  constructor(own: Jobs, port: ElsewherePort | null) {
    this.#own = own;
    this.#port = port;
  }

  remember(id: string): void {
    if (id === '') return;
    this.#ids.delete(id);
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > MAX_IDS && oldest !== undefined) this.#ids.delete(oldest);
  }

  read(call: RawStreamCall): void {
    const port = this.#portFor(call.request);
    if (port === null) {
      this.#own.read(call);
      return;
    }
    this.#ask(
      call,
      (signal) => port.read(passed('StreamJob', call), eventWriter(call, signal), signal),
      (answer) => {
        if (answer === null) this.#own.read(call);
        else call.end(answer.status, answer.trailers);
      },
    );
  }

  answerResult(call: RawUnaryCall): void {
    this.#answer('GetJobResult', call, () => this.#own.answerResult(call));
  }

  answerCancel(call: RawUnaryCall): void {
    this.#answer('CancelJob', call, () => this.#own.answerCancel(call));
  }

  /** Answers everything that is under way elsewhere, and ends it there. */
  close(answer: RawAnswer): void {
    for (const [controller, settle] of [...this.#underway]) {
      settle(answer);
      controller.abort();
    }
  }

  #answer(method: 'GetJobResult' | 'CancelJob', call: RawUnaryCall, answerHere: () => void): void {
    const port = this.#portFor(call.request);
    if (port === null) {
      answerHere();
      return;
    }
    this.#ask(
      call,
      (signal) => port.pass(passed(method, call), signal),
      (answer) => {
        if (answer === null) answerHere();
        else call.answer(answer);
      },
    );
  }

  /** Null: the job is one of ours, or nobody's. */
  #portFor(request: Buffer): ElsewherePort | null {
    const id = readJobId(request);
    if (!id.ok || this.#own.has(id.value) || !this.#ids.has(id.value)) return null;
    this.remember(id.value);
    return this.#port;
  }

  #ask(
    call: RawUnaryCall | RawStreamCall,
    ask: (signal: AbortSignal) => Promise<RawAnswer | null>,
    onAnswer: (answer: RawAnswer | null) => void,
  ): void {
    const controller = new AbortController();
    const settle = (answer: RawAnswer | null): void => {
      if (this.#underway.delete(controller)) onAnswer(answer);
    };
    this.#underway.set(controller, settle);
    call.onCancel(() => controller.abort());
    ask(controller.signal).then(settle, (bug: unknown) => settle(internalError(bug)));
  }
}

function passed(method: PassedCall['method'], call: RawUnaryCall | RawStreamCall): PassedCall {
  const { request, metadata, remainingMs } = call;
  return { method, functionId: '', request, metadata: markPassed(metadata), timeoutMs: remainingMs };
}

/** Writes an event at a time, no faster than the caller takes them. */
function eventWriter(call: RawStreamCall, signal: AbortSignal): (event: Buffer) => Promise<void> {
  let wake = (): void => undefined;
  call.onDrain(() => wake());
  signal.addEventListener('abort', () => wake(), { once: true });
  return (event) => {
    if (signal.aborted || call.write(event)) return Promise.resolve();
    return new Promise((resolve) => {
      wake = resolve;
    });
  };
}
