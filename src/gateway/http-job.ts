import type { IncomingMessage } from 'node:http';
import { assertNever } from '../core/failure.js';
import { type CallOutcome, statusAnswer } from '../protocol/child-call.js';
import { JobEvent } from '../protocol/gen/croupier/function/v1/function.js';
import { MAX_MESSAGE_BYTES } from '../protocol/message-limit.js';
import { STATUS_CODES, statusName } from '../protocol/status-codes.js';
import { eventReaderFor, jobEvent } from './http-events.js';
import { collectBody, type ExchangeFailure } from './http-exchange.js';
import { isSuccess, statusOfHttp } from './http-status.js';

/** Who reads a job's events. */
export interface JobReader {
  /** A JobEvent as protobuf. */
  onMessage(event: Buffer): void;
  onEnd(outcome: CallOutcome): void;
}

const ENDED_WELL: CallOutcome = {
  kind: 'answered',
  answer: statusAnswer({ code: STATUS_CODES.OK, message: '' }),
};

/** The events of one job: what its HTTP response says, kept until somebody reads them. */
export class HttpJob {
  readonly id: string;
  readonly #onEnded: () => void;
  #events: Buffer[] = [];
  #end: CallOutcome | null = null;
  #reader: JobReader | null = null;

  /** @param onEnded there will be no further event: the response is over, or is to be ended */
  constructor(id: string, onEnded: () => void) {
    this.id = id;
    this.#onEnded = onEnded;
  }

  /** The one reader of the job, to whom everything goes from now on, the earlier events first. */
  read(reader: JobReader): void {
    this.#reader = reader;
    for (const event of this.#events.splice(0)) reader.onMessage(event);
    if (this.#end !== null) reader.onEnd(this.#end);
  }

  /** The response to the job's request began. */
  take(response: IncomingMessage): void {
    const status = response.statusCode ?? 0;
    const reader = isSuccess(status)
      ? eventReaderFor(response.headers['content-type'], MAX_MESSAGE_BYTES)
      : null;
    if (reader === null) {
      collectBody(response, MAX_MESSAGE_BYTES, (collected) => {
        if (collected.kind === 'too-long') this.#failWith(TOO_LONG);
        else if (isSuccess(status)) this.#finishWith(jobEvent('done', { payload: collected.body }));
        else {
          const { code, message } = statusOfHttp(status, collected.body, response.headers.location);
          this.#failWith(`${statusName(code)}: ${message}`);
        }
      });
      return;
    }
    response.on('data', (chunk: Buffer) => {
      for (const event of reader.read(chunk)) this.#tell(event);
      if (reader.isTooLong) this.#failWith(TOO_LONG);
    });
    response.once('end', () => {
      for (const event of reader.end()) this.#tell(event);
      this.#finish(endOf(response));
    });
  }

  /** The request did not come to an answer. */
  fail(failure: ExchangeFailure): void {
    switch (failure.kind) {
      case 'refused':
      case 'lost':
        this.#finish({ kind: 'lost', message: failure.message });
        return;
      case 'not-http':
        this.#failWith(`the process ${failure.message}`);
        return;
      default:
        assertNever(failure);
    }
  }

  /** A CancelJob. */
  cancel(): void {
    this.#finishWith(jobEvent('cancelled'));
  }

  #failWith(message: string): void {
    this.#finishWith(jobEvent('error', { message }));
  }

  #finishWith(event: JobEvent): void {
    this.#tell(event);
    this.#finish(ENDED_WELL);
  }

  #tell(event: JobEvent): void {
    if (this.#end !== null) return;
    const bytes = Buffer.from(JobEvent.encode(event).finish());
    if (this.#reader === null) this.#events.push(bytes);
    else this.#reader.onMessage(bytes);
  }

  #finish(outcome: CallOutcome): void {
    if (this.#end !== null) return;
    this.#end = outcome;
    this.#reader?.onEnd(outcome);
    this.#onEnded();
  }
}

const TOO_LONG = `the answer, or one event of it, is longer than ${MAX_MESSAGE_BYTES} bytes`;

/**
 * What the end of a stream of events means where none of them was the last. A body that ends with the connection ends the same way
 * when its process dies.
 */
function endOf(response: IncomingMessage): CallOutcome {
  const { headers } = response;
  const saysItsEnd = headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;
  return response.complete && saysItsEnd
    ? ENDED_WELL
    : { kind: 'lost', message: 'the connection ended before the job said that it had' };
}
