import type { Clock } from '../core/clock.js';
import { err, ok, type Result } from '../core/result.js';
import { statusAnswer } from '../protocol/child-call.js';
import {
  InvokeRequest,
  InvokeResponse,
  JobEvent,
  JobStreamRequest,
  StartJobResponse,
} from '../protocol/gen/croupier/function/v1/function.js';
import type { RawAnswer, RawStreamCall } from '../protocol/raw-server.js';
import { STATUS_CODES, type StatusName, statusName } from '../protocol/status-codes.js';
import { NO_METADATA } from '../protocol/wire-metadata.js';
import type { Dispatcher } from './dispatcher.js';
import { readReason } from './gateway-answer.js';
import type { Jobs } from './jobs.js';
import { LocalUnaryCall } from './local-unary-call.js';
import type { LocalCalls, LocalFailure, LocalJobEvent, LocalRequest } from './types.js';

export interface LocalCallsOptions {
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly jobs: Jobs;
  serviceIds(functionId: string): readonly string[];
}

/** Calls from inside this process, put in where those of the shared port come in. */
export function createLocalCalls({ clock, dispatcher, jobs, serviceIds }: LocalCallsOptions): LocalCalls {
  const send = (kind: 'call' | 'job', request: LocalRequest, signal: AbortSignal): Promise<RawAnswer> =>
    new Promise((resolve) => {
      const { deadlineMs, dispatchWithinMs } = request;
      const message = Buffer.from(
        InvokeRequest.encode({ ...request, metadata: { ...request.metadata } }).finish(),
      );
      const abandon = (code: StatusName, words: string): void =>
        call.abandon(statusAnswer({ code: STATUS_CODES[code], message: words }));
      const onAbort = (): void => abandon('CANCELLED', 'the caller went away');
      const onDeadline = (): void => abandon('DEADLINE_EXCEEDED', `no answer came within ${deadlineMs} ms`);
      const call = new LocalUnaryCall(message, deadlineMs, (answer) => {
        cancelTimer();
        signal.removeEventListener('abort', onAbort);
        resolve(answer);
      });
      const cancelTimer = deadlineMs === null ? () => undefined : clock.after(deadlineMs, onDeadline);
      if (signal.aborted) onAbort();
      else if (deadlineMs !== null && deadlineMs <= 0) onDeadline();
      else {
        signal.addEventListener('abort', onAbort, { once: true });
        dispatcher.accept(call, { kind, origin: null, dispatchWithinMs });
      }
    });
  return {
    invoke: async (request, signal) =>
      readAnswer(await send('call', request, signal), (body) => InvokeResponse.decode(body).payload),
    startJob: async (request, signal) =>
      readAnswer(await send('job', request, signal), (body) => StartJobResponse.decode(body).jobId),
    readJob(jobId, onEvent, signal) {
      if (!jobs.has(jobId)) return false;
      if (!signal.aborted) jobs.read(createReading(jobId, onEvent, signal));
      return true;
    },
    cancelJob(jobId) {
      if (!jobs.has(jobId)) return false;
      // What the child says to it shows in the job's events.
      jobs.answerCancel(new LocalUnaryCall(withJob(jobId), null, () => undefined));
      return true;
    },
    jobResult: (jobId) => jobs.result(jobId),
    serviceIds,
  };
}

function readAnswer<T>(answer: RawAnswer, read: (body: Buffer) => T): Result<T, LocalFailure> {
  const { status, body, trailers } = answer;
  if (status.code !== STATUS_CODES.OK) {
    return err({ code: statusName(status.code), message: status.message, reason: readReason(trailers) });
  }
  if (body === null) return err(broken('answered OK without a message'));
  try {
    return ok(read(body));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return err(broken(`the answer is not valid protobuf: ${problem}`));
  }
}

function broken(message: string): LocalFailure {
  return { code: 'INTERNAL', message, reason: null };
}

function withJob(jobId: string): Buffer {
  return Buffer.from(JobStreamRequest.encode({ jobId }).finish());
}

/** A reader that is never too slow. */
function createReading(
  jobId: string,
  onEvent: (event: LocalJobEvent) => void,
  signal: AbortSignal,
): RawStreamCall {
  let onAbort = (): void => undefined;
  return {
    request: withJob(jobId),
    metadata: NO_METADATA,
    peer: '',
    remainingMs: null,
    onCancel(listener) {
      onAbort = listener;
      signal.addEventListener('abort', onAbort, { once: true });
    },
    sendHeaders: () => undefined,
    write(event) {
      if (!signal.aborted) onEvent(JobEvent.decode(event));
      return true;
    },
    onDrain: () => undefined,
    end: () => signal.removeEventListener('abort', onAbort),
  };
}
