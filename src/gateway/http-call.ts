import type { IncomingMessage } from 'node:http';
import { assertNever } from '../core/failure.js';
import { type CallOutcome, statusAnswer } from '../protocol/child-call.js';
import { InvokeResponse } from '../protocol/gen/croupier/function/v1/function.js';
import { MAX_MESSAGE_BYTES } from '../protocol/message-limit.js';
import { STATUS_CODES } from '../protocol/status-codes.js';
import { okAnswer } from './gateway-answer.js';
import { collectBody, type ExchangeFailure } from './http-exchange.js';
import { isSuccess, statusOfHttp } from './http-status.js';

/** Reads the response to an Invoke. `onOutcome` is not called for one that breaks off: the exchange tells that. */
export function readCallResponse(response: IncomingMessage, onOutcome: (outcome: CallOutcome) => void): void {
  const status = response.statusCode ?? 0;
  collectBody(response, MAX_MESSAGE_BYTES, (collected) => {
    if (collected.kind === 'too-long') {
      const message = `the answer is longer than ${MAX_MESSAGE_BYTES} bytes`;
      onOutcome(answered(STATUS_CODES.RESOURCE_EXHAUSTED, message));
    } else if (isSuccess(status)) {
      const message = InvokeResponse.encode({ payload: collected.body }).finish();
      onOutcome({ kind: 'answered', answer: okAnswer(message) });
    } else {
      const { code, message } = statusOfHttp(status, collected.body, response.headers.location);
      onOutcome(answered(code, message));
    }
  });
}

/** What a failed exchange is to a caller. */
export function outcomeOfFailure(failure: ExchangeFailure): CallOutcome {
  switch (failure.kind) {
    case 'refused':
    case 'lost':
      return failure;
    case 'not-http':
      return answered(STATUS_CODES.INTERNAL, `the process ${failure.message}`);
    default:
      return assertNever(failure);
  }
}

export function answered(code: number, message: string): CallOutcome {
  return { kind: 'answered', answer: statusAnswer({ code, message }) };
}
